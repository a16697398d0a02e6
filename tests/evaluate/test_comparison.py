import json

import pytest

from streamrnn.errors import InputError
from streamrnn.evaluate.comparison import comparison_tables
from streamrnn.evaluate.detectors import OURS
from streamrnn.evaluate.figures import Figures, OverSeeds, from_json, to_json
from streamrnn.evaluate.protocol import Figure

FIGURES = Figures(
    {
        ("ucr", OURS, Figure.VUS_PR): OverSeeds((0.5, 0.6)),
        ("ucr", OURS, Figure.EVENT_RECALL): OverSeeds((0.75,)),
        ("ucr", OURS, Figure.FALSE_PER_10K_ROWS): OverSeeds((1.5,)),
    }
)


def test_figures_come_back_from_the_file_they_were_written_to(tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"version": "1", "seeds": 2, **to_json(FIGURES, [])}))
    assert from_json(path) == FIGURES


@pytest.mark.parametrize(
    "text", ["", "[]", '{"figures": {"ucr": 3}}', '{"figures": {"ucr": {"a": {"b": {}}}}}']
)
def test_another_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"other\.json: must be a file that bench quality"):
        from_json(path)


def test_each_variant_is_a_row_and_what_it_lacks_is_a_dash():
    free, shipped = comparison_tables([("full", FIGURES), ("bare", Figures())])
    assert free.header == ("variant", "UCR VUS-PR")
    assert free.rows == [("full", "0.550"), ("bare", "-")]
    assert shipped.rows == [("full", "0.75 at 1.5"), ("bare", "-")]
