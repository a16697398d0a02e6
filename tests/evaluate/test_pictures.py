import xml.etree.ElementTree as ElementTree

from streamrnn.evaluate.figures import Figures, OverSeeds
from streamrnn.evaluate.pictures import pictures
from streamrnn.evaluate.protocol import Figure

FIGURES = Figures(
    {
        ("ucr", "streamrnn", Figure.VUS_PR): OverSeeds((0.5, 0.6)),
        ("ucr", "ewz", Figure.VUS_PR): OverSeeds((0.25,)),
        ("wsn", "streamrnn", Figure.VUS_PR): OverSeeds((0.9,)),
        ("wsn", "streamrnn", Figure.EVENT_RECALL): OverSeeds((1.0,)),
        ("wsn", "streamrnn", Figure.FALSE_PER_10K_ROWS): OverSeeds((3.0,)),
    }
)


def test_each_figure_is_a_bar_as_high_as_its_mean():
    bars, _ = pictures(FIGURES, ["streamrnn", "ewz", "random"])
    titled = {rect[0].text: rect for rect in ElementTree.fromstring(bars).iter("rect") if len(rect)}
    assert set(titled) == {"streamrnn: 0.550", "EW z-score: 0.250", "streamrnn: 0.900"}
    heights = {name: float(rect.get("height", "")) for name, rect in titled.items()}
    assert heights["streamrnn: 0.550"] / heights["EW z-score: 0.250"] == 2.2


def test_a_set_at_the_shipped_alarm_is_a_point():
    _, points = pictures(FIGURES, ["streamrnn"])
    assert len(list(ElementTree.fromstring(points).iter("circle"))) == 1
    assert "wsn" in points


def test_nothing_measured_is_nothing_drawn():
    assert pictures(Figures(), ["streamrnn"]) == []
