"""One webhook: which events it is told, and how."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from streamrnn.config import WebhookConfig
from streamrnn.config.outputs import check_http_url
from streamrnn.records import Event, EventType
from streamrnn.service.sinks.post import Poster, TryLaterError, read_secret
from streamrnn.service.sinks.selection import Selection
from streamrnn.service.sinks.webhook.requests import Target, make_request

_WORD: Final = re.compile(r"[^/?&=:]{8,}")  # long enough to be a secret


class Webhook:
    """Delivers one event at a time, for a `Carrier`. clock: Unix seconds."""

    def __init__(self, config: WebhookConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._selection = Selection(config.streams)
        self._poster = Poster(config.timeout)

    @property
    def destination(self) -> str:
        """Its name at the outbox."""
        return f"webhook:{self._config.name}"

    def deliver(self, event: Event) -> None:
        """Returns when it is there, or nobody there wants to know.

        Raises TryLaterError or RefusedError.
        """
        if not self._wants(event):
            return
        config = self._config
        url = config.address or _read_address(config.url_file)
        token = "" if config.token_file is None else read_secret(config.token_file)
        target = Target(url, token, config.chat or "")
        request = make_request(config.template, event, target, self._clock())
        hidden = (request.url, *_secrets_in(url)) if config.url_file else ()
        self._poster.post(*request, secrets=(token, *hidden))

    def _wants(self, event: Event) -> bool:
        config = self._config
        if (
            event.type is not EventType.UPDATE
            or config.updates
            or config.template == "alertmanager"
        ):
            return self._cares_for(event.stream, *event.also)
        # Streams that joined are told of by updates alone.
        return not self._cares_for(event.stream) and self._cares_for(*event.also)

    def _cares_for(self, *streams: str) -> bool:
        return any(map(self._selection.has, streams))


def _secrets_in(url: str) -> list[str]:
    """The whole first, then its parts: an answer may repeat any of them."""
    parts = urlsplit(url)
    words = _WORD.findall(f"{parts.path}?{parts.query}")
    return [url, parts.path.strip("/"), *sorted(words, key=len, reverse=True)]


def _read_address(file: Path | None) -> str:
    if file is None:
        raise ValueError("a webhook has an address, or a file that has it")
    try:
        return check_http_url(read_secret(file))
    except ValueError as rule:
        raise TryLaterError(f"{file}: its first line {rule}") from None
