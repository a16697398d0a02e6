import io
import sys

import pytest


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "streamrnn.toml"
    path.write_text(
        '[[source]]\ntopic = "zigbee2mqtt/{device}"\nstream = "{device}/{field}"\n'
        'exclude = ["linkquality"]\n'
    )
    return path


def test_a_message_is_followed_to_its_readings(streamrnn, settings):
    payload = '{"temperature": -18.4, "linkquality": 90}'
    code, out, err = streamrnn("test-message", "zigbee2mqtt/freezer", payload, "--config", settings)
    assert (code, err) == (0, "")
    assert "topic matches source[0]" in out
    assert "excluded: " in out
    assert "stream freezer/temperature = -18.4" in out


def test_a_message_of_which_nothing_comes_says_why_with_exit_code_1(streamrnn, settings):
    code, out, _ = streamrnn("test-message", "shelly/relay", "ON", "--config", settings)
    assert code == 1
    assert "left out (no_source)" in out


def test_without_a_source_every_topic_is_listened_to(streamrnn):
    code, out, _ = streamrnn("test-message", "sensors/freezer", "-18.4")
    assert code == 0
    assert out.startswith('no source is set: as with --topic "#"\n')
    assert "stream sensors/freezer = -18.4" in out


def test_a_topic_filter_on_the_command_line_replaces_the_sources(streamrnn, settings):
    arguments = ["--config", settings, "--topic", "shelly/#"]
    assert streamrnn("test-message", "shelly/relay", "ON", *arguments).code == 0


def test_a_payload_can_come_from_standard_input(streamrnn, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b'{"level": 0.5}')

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert "stream tank/level = 0.5" in streamrnn("test-message", "tank", "-").out


def test_a_payload_may_begin_with_a_minus_sign(streamrnn):
    assert "stream freezer = -5" in streamrnn("test-message", "freezer", "-5").out


def test_a_misspelt_option_is_no_payload(streamrnn):
    assert streamrnn("test-message", "freezer", "-5", "--confg", "a.toml").code == 2


def test_a_stored_message_is_left_out_as_the_daemon_would(streamrnn):
    code, out, _ = streamrnn("test-message", "freezer", "1", "--retained")
    assert code == 1
    assert "left out (retained)" in out


@pytest.mark.parametrize("topic", ["sensors/#", "sensors/+/t", ""])
def test_a_filter_is_no_topic_of_a_message(streamrnn, topic):
    code, _, err = streamrnn("test-message", topic, "5")
    assert code == 2
    assert "without + and #" in err
