import pytest

from tests.cli.conftest import StreamrnnCommand

GOOD = """
[gateway]
name = "boiler-house"

[mqtt]
broker = "mqtt://10.0.0.2:1884"

[[source]]
topic = "zigbee2mqtt/{device}"

[[source]]
topic = "tele/+/SENSOR"

[state]
directory = "state"
"""


@pytest.fixture
def settings(tmp_path):
    def write(text):
        path = tmp_path / "streamrnn.toml"
        path.write_text(text)
        return path

    return write


def test_a_good_file_is_summed_up(streamrnn: StreamrnnCommand, settings, tmp_path):
    path = settings(GOOD)
    code, out, err = streamrnn("check-config", "-c", path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"ok: {path}",
        "  gateway  boiler-house",
        "  broker   mqtt://10.0.0.2:1884",
        "  source   zigbee2mqtt/{device}",
        "  source   tele/+/SENSOR",
        "  events   streamrnn/boiler-house/events",
        "  http     127.0.0.1:8095",
        f"  state    {tmp_path / 'state'}",
    ]


def test_it_tells_where_alerts_go(streamrnn, settings):
    outputs = """
        [[webhook]]
        name = "phone"
        template = "ntfy"
        url = "https://ntfy.sh/boiler"
        [influxdb]
        url = "http://db:8086"
        [homeassistant]
        enabled = true
        """
    lines = streamrnn("check-config", "-c", settings(GOOD + outputs)).out.splitlines()
    assert "  webhook  phone (ntfy)" in lines
    assert "  influx   http://db:8086" in lines
    assert "  devices  homeassistant/device/..." in lines


def test_state_is_kept_under_home_unless_told_otherwise(streamrnn, settings, home):
    path = settings('[[source]]\ntopic = "a/#"')
    assert f"state    {home}/.local/state/streamrnn\n" in streamrnn("check-config", "-c", path).out


def test_every_problem_is_shown_and_the_exit_code_is_2(streamrnn, settings):
    path = settings(GOOD.replace("broker =", "brokr =") + "[http]\nport = 99999\n")
    code, out, err = streamrnn("check-config", "-c", path)
    assert (code, out) == (2, "")
    assert 'mqtt.brokr = "mqtt://10.0.0.2:1884": unknown setting; did you mean "broker"?' in err
    assert "http.port = 99999: must be at most 65,535" in err
    assert all(line.startswith("streamrnn: ") for line in err.splitlines())


def test_a_file_without_sources_is_no_settings_for_a_daemon(streamrnn, settings):
    code, _, err = streamrnn("check-config", "-c", settings("[http]\nport = 1\n"))
    assert code == 2
    assert "source: at least one must be set" in err


def test_files_named_in_the_settings_must_be_readable(streamrnn, settings, tmp_path):
    text = GOOD.replace("[[source]]", 'user = "u"\npassword_file = "secret"\n[[source]]', 1)
    code, _, err = streamrnn("check-config", "-c", settings(text))
    assert code == 2
    assert f'mqtt.password_file = "{tmp_path}/***": must be a file that can be read' in err


def test_the_environment_counts(streamrnn, settings, monkeypatch):
    monkeypatch.setenv("STREAMRNN_MQTT__BROKER", "mqtt://elsewhere:1")
    assert "broker   mqtt://elsewhere:1\n" in streamrnn("check-config", "-c", settings(GOOD)).out


def test_a_file_that_does_not_exist_is_named(streamrnn, tmp_path):
    code, _, err = streamrnn("check-config", "-c", tmp_path / "none.toml")
    assert (code, err) == (
        2,
        f"streamrnn: {tmp_path}/none.toml: cannot be read: No such file or directory\n",
    )


@pytest.mark.parametrize("section", ["mqtt", "http"])
def test_files_that_hold_no_certificates_are_found_before_anything_starts(
    streamrnn, settings, tmp_path, section
):
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    more = f'cert_file = "{junk}"\nkey_file = "{junk}"\n'
    text = GOOD.replace("mqtt://", "mqtts://")
    if section == "http":
        text += f"[http]\n{more}"
    else:
        text = text.replace("[mqtt]\n", f'[mqtt]\nca_file = "{junk}"\n{more}')
    code, _, err = streamrnn("check-config", "-c", settings(text))
    assert code == 2
    assert f"{section}.cert_file" in err
    assert ("mqtt.ca_file" in err) is (section == "mqtt")
    assert "must be" in err
