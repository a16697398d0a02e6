"""Settings of the HTTP port."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from streamrnn.config import Config, HttpConfig
from streamrnn.config.checks import check_files


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_addresses_of_this_machine_are_known(host: str) -> None:
    assert HttpConfig(host=host).this_machine_only


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway", "localhost.example.com"])
def test_every_other_address_counts_as_open_to_the_network(host: str) -> None:
    assert not HttpConfig(host=host).this_machine_only


@pytest.mark.parametrize("settings", [{"cert_file": "a.pem"}, {"key_file": "a.key"}])
def test_certificate_and_key_come_together(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"must be set together with http\.cert_file"):
        HttpConfig(**settings)


def test_a_file_that_is_missing_is_a_problem_before_the_start(tmp_path: Path) -> None:
    (problem,) = check_files(Config(http=HttpConfig(token_file=tmp_path / "token")))
    assert problem.startswith(
        f'http.token_file = "{tmp_path}/***": must be a file that can be read'
    )
