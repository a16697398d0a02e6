import json

from tests.evaluate.labelled_sets import write_skab, write_ucr


def test_quality_prints_tables_and_writes_json_and_html(streamrnn, tmp_path):
    write_skab(tmp_path)
    write_ucr(tmp_path)
    figures, report = tmp_path / "figures.json", tmp_path / "report.html"
    code, out, err = streamrnn(
        *("bench", "quality", "--data", tmp_path, "--set", "ucr", "--seeds", 2),
        *("--detector", "random,ewz", "--json", figures, "--report", report, "--processes", 1),
    )
    assert code == 0
    assert "| detector | ucr |" in out
    assert "| EW z-score |" in out
    assert "3 passes over 1 series" in err
    content = json.loads(figures.read_text())
    assert content["seeds"] == 2
    assert len(content["figures"]["ucr"]["random"]["vus_pr"]["values"]) == 2
    assert "EW z-score" in report.read_text()


def test_runs_that_begin_later_measure_every_detector_once_per_seed(streamrnn, tmp_path):
    write_ucr(tmp_path)
    figures = tmp_path / "figures.json"
    code, _, err = streamrnn(
        *("bench", "quality", "--data", tmp_path, "--seeds", 3, "--begin-later"),
        *("--detector", "ewz", "--json", figures, "--processes", 1),
    )
    assert code == 0
    assert "3 passes over 1 series" in err
    assert json.loads(figures.read_text())["begin_later"] is True


def test_a_folder_without_data_is_exit_code_5(streamrnn, tmp_path):
    code, out, err = streamrnn("bench", "quality", "--data", tmp_path)
    assert (code, out) == (5, "")
    assert "docs/quality.md" in err


def test_an_unknown_detector_is_named_before_anything_runs(streamrnn, tmp_path):
    write_ucr(tmp_path)
    code, _, err = streamrnn("bench", "quality", "--data", tmp_path, "--detector", "lstm")
    assert code == 5
    assert 'no detector "lstm"' in err


def test_quality_has_an_example(streamrnn):
    code, out, _ = streamrnn("bench", "quality", "--help")
    assert code == 0
    assert "Example:  streamrnn bench quality" in out
