from html.parser import HTMLParser

from streamrnn.evaluate.figures import Figures, OverSeeds
from streamrnn.evaluate.protocol import Figure
from streamrnn.evaluate.table import html_page, markdown
from streamrnn.evaluate.tables import tables

FIGURES = Figures(
    {
        ("ucr", "streamrnn", Figure.VUS_PR): OverSeeds((0.5, 0.6)),
        ("wsn", "streamrnn", Figure.VUS_PR): OverSeeds((0.9, 0.9)),
        ("wsn", "ewz", Figure.VUS_PR): OverSeeds((0.4,)),
        ("wsn", "streamrnn", Figure.EVENT_RECALL): OverSeeds((1.0, 0.5)),
    }
)


def test_cells_hold_mean_and_spread_over_seeds():
    text = markdown(tables(FIGURES, ["streamrnn", "ewz"]))
    assert "| streamrnn | 0.550 ± 0.071 | 0.900 ± 0.000 |" in text
    assert "| EW z-score | - | 0.400 |" in text


def test_tables_without_figures_are_left_out():
    titles = [table.title for table in tables(FIGURES, ["streamrnn", "ewz"])]
    assert titles == ["Goals", "VUS-PR", "streamrnn at its shipped alarm"]


def test_a_detector_that_could_not_run_is_shown_as_not_installed():
    text = markdown(tables(FIGURES, ["streamrnn", "hst"], absent=["hst"]))
    assert "| HalfSpaceTrees (river) | not installed | not installed |" in text


def test_every_row_has_as_many_cells_as_its_header():
    for table in tables(FIGURES, ["streamrnn", "ewz", "hst"], absent=["hst"]):
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_the_html_page_is_whole_and_loads_nothing():
    page = html_page(tables(FIGURES, ["streamrnn"]), "quality <of all>")
    opened, links = [], []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            links.extend(value for name, value in attrs if name in ("src", "href"))
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Tags().feed(page)
    assert not opened
    assert not links
    assert "quality &lt;of all&gt;" in page
