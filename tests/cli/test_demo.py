import pytest


@pytest.mark.parametrize("option", ["--minutes", "--speed"])
def test_a_length_that_makes_no_sense_is_refused(streamrnn, option):
    code, _, err = streamrnn("demo", option, "0")
    assert code == 2
    assert f"{option[2:]} = 0: must be a number above 0" in err


def test_the_defaults_are_those_of_the_demo(streamrnn):
    from streamrnn.demo import DEFAULT_MINUTES, DEFAULT_SPEED

    out = streamrnn("demo", "--help").out
    assert f"[default: {DEFAULT_MINUTES}]" in out
    assert f"[default: {DEFAULT_SPEED}]" in out
