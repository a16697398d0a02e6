"""InfluxDB's two write endpoints: of version 1, and of 2 and 3."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from streamrnn.config import InfluxConfig
from streamrnn.service.sinks.post import Poster, read_secret

_TIMEOUT_SECONDS: Final = 10.0


class InfluxServer:
    """For one thread. The configuration must have an address."""

    def __init__(self, config: InfluxConfig) -> None:
        self._config = config
        self._poster = Poster(_TIMEOUT_SECONDS)
        base = (config.url or "").rstrip("/")
        if config.api == "v1":
            query = {"db": config.database, "precision": "u"}
            self._url = f"{base}/write?{urlencode(query)}"
        else:
            query = {"org": config.org, "bucket": config.bucket, "precision": "us"}
            self._url = f"{base}/api/v2/write?{urlencode(query)}"

    def write(self, lines: Sequence[str]) -> None:
        """Raises TryLaterError or RefusedError."""
        headers, secrets = self._authorization()
        headers["content-type"] = "text/plain; charset=utf-8"
        self._poster.post(self._url, headers, "\n".join(lines).encode(), secrets)

    def _authorization(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """The header, and what of it is secret."""
        config = self._config
        if config.api == "v1" and config.user is not None:
            file = config.password_file
            password = "" if file is None else read_secret(file)
            basic = b64encode(f"{config.user}:{password}".encode()).decode()
            return {"authorization": f"Basic {basic}"}, (basic, password)
        if config.api == "v2" and config.token_file is not None:
            token = read_secret(config.token_file)
            return {"authorization": f"Token {token}"}, (token,)
        return {}, ()
