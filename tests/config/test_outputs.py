"""Where events go: what must be set together, and what is a secret."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from streamrnn.config import Config
from streamrnn.config.checks import check_files
from streamrnn.config.load import load
from streamrnn.errors import ConfigError


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "streamrnn.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    return caught.value.problems


def webhook(**settings: Any) -> str:
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    return f'[[webhook]]\nname = "w"\n{lines}'


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, 'webhook[0]: must have url for template = "json"'),
        ({"template": "slack"}, 'webhook[0]: must have url_file for template = "slack"'),
        (
            {"template": "telegram"},
            'webhook[0]: must have url_file and chat for template = "telegram"',
        ),
        ({"template": "pagerduty"}, 'webhook[0]: must have token_file for template = "pagerduty"'),
        (
            {"url": "https://x", "url_file": "y"},
            "must not be set together with url",
        ),
        (
            {"template": "slack", "url": "https://hooks.slack.com/services/T/B/x"},
            "must come from url_file, as it is a secret",
        ),
        ({"url": "https://me:pw@x"}, "must not carry a user or password"),
        ({"template": "ntfy", "url": "https://ntfy.sh/"}, "must have a url that ends in the topic"),
        ({"url": "ftp://x"}, "must be http://host or https://host"),
        ({"url": "http://x:0"}, "must have a port from 1 to 65535"),
        ({"url": "http://x", "timeout": "2m"}, 'must be at most "1m"'),
        ({"url": "http://x", "template": "ntfi"}, 'did you mean "ntfy"?'),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(
    tmp_path: Path, settings: dict[str, str], problem: str
) -> None:
    assert any(problem in line for line in problems(tmp_path, webhook(**settings)))


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    assert "pw" not in "".join(problems(tmp_path, webhook(url="https://me:pw@x")))


def test_webhooks_have_names_of_their_own(tmp_path: Path) -> None:
    text = webhook(url="http://a") + webhook(url="http://b")
    assert problems(tmp_path, text) == ['webhook: must have different names: "w" is there twice']


def test_one_table_is_not_a_list_of_webhooks(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, webhook(url="http://a").replace("[[webhook]]", "[webhook]"))
    assert problem == "webhook: must be a list of tables: write [[webhook]], in double brackets"


def test_files_of_webhooks_are_relative_to_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "streamrnn.toml"
    file.write_text(webhook(template="slack", url_file="slack-url"))
    config = load(file, {})
    assert config.webhook[0].url_file == tmp_path / "slack-url"
    assert check_files(config) == [
        f'webhook[0].url_file = "{tmp_path}/***": must be a file that can be read: '
        "No such file or directory"
    ]


def test_a_webhook_may_come_from_the_environment() -> None:
    config = load(None, {"STREAMRNN_WEBHOOK": '[{name = "phone", url = "https://ntfy.sh/x"}]'})
    assert config.webhook[0].address == "https://ntfy.sh/x"


def test_pagerduty_needs_no_address() -> None:
    config = Config.model_validate(
        {"webhook": [{"name": "p", "template": "pagerduty", "token_file": "key"}]}
    )
    assert config.webhook[0].address == "https://events.pagerduty.com/v2/enqueue"


@pytest.mark.parametrize("page", ["alerts.md", "home-assistant.md"])
def test_the_settings_in_the_documentation_are_valid(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    blocks = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        Config.model_validate(tomllib.loads(block))


def test_nothing_is_sent_anywhere_unless_asked_for() -> None:
    config = Config()
    assert not config.webhook
    assert not config.homeassistant.enabled
    assert config.influxdb.url is None
