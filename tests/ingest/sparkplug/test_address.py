import pytest

from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug.address import Kind, read_address


@pytest.mark.parametrize("kind", ["NBIRTH", "NDEATH", "NDATA", "NCMD"])
def test_a_node_stands_on_the_fourth_level(kind):
    assert read_address(f"spBv1.0/plant/{kind}/line") == (Kind(kind), "plant", "line", "")


@pytest.mark.parametrize("kind", ["DBIRTH", "DDEATH", "DDATA", "DCMD"])
def test_a_device_stands_below_its_node(kind):
    address = read_address(f"spBv1.0/plant/{kind}/line/press")
    assert address == (Kind(kind), "plant", "line", "press")


def test_a_host_application_has_a_state():
    assert read_address("spBv1.0/STATE/scada").kind is Kind.STATE


def test_births_and_data_have_one_origin():
    birth = read_address("spBv1.0/plant/DBIRTH/line/press")
    data = read_address("spBv1.0/plant/DDATA/line/press")
    assert birth.origin == data.origin == "spBv1.0/plant/line/press"
    assert read_address("spBv1.0/plant/NDATA/line").origin == "spBv1.0/plant/line"


def test_a_device_takes_its_commands_through_its_node():
    assert read_address("spBv1.0/plant/DDATA/line/press").commands == "spBv1.0/plant/NCMD/line"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "spBv1.0",
        "spBv1.0/plant/NDATA",
        "spBv1.0/plant/NDATA/line/press",
        "spBv1.0/plant/DDATA/line",
        "spBv1.0/plant/DDATA/line/press/more",
        "spBv1.0/plant/PDATA/line",
        "spBv1.0/plant/ndata/line",
        "spBv1.0//NDATA/line",
        "spBv1.0/plant/NDATA/",
        "spBv1.0/pl+nt/NDATA/line",
        "spBv1.0/plant/NDATA/li#e",
        "spBv1.0/plant/NDATA/li\0e",
        "spAv1.0/plant/NDATA/line",
        "spBv1.0/STATE/scada/more",
    ],
)
def test_other_topics_are_refused(topic):
    with pytest.raises(RefusedError, match="no Sparkplug topic"):
        read_address(topic)
