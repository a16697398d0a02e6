"""One HTTP POST, and what its answer means for whoever wants to deliver something."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

_FOR_GOOD: Final = (400, 413, 422)
"""The receiver understood and does not want this content: sent again, it would fare no better.
Everything else (a wrong token too) somebody can mend while the content waits."""

_LONGEST_ANSWER: Final = 200  # characters of it that are worth a line in the log
_MOST_BYTES: Final = 4  # per character
_LONGEST_PAUSE_SECONDS: Final = 3600.0


class TryLaterError(Exception):
    """Not delivered, for a reason that may pass. seconds: how long the receiver asks us to wait;
    0 where it does not say."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class RefusedError(Exception):
    """Not delivered, and never to be."""


class Poster:
    """Keeps connections open between calls. For one thread.

    timeout: seconds to connect, and again for each part of the answer.
    """

    def __init__(self, timeout: float) -> None:
        self._pool = urllib3.PoolManager(
            # Ours are the retries, and urllib3's would log addresses, which may be secret.
            retries=False,
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
            ssl_context=ssl.create_default_context(),
            headers={"user-agent": f"streamrnn/{version('streamrnn')}"},
        )

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str] = ()
    ) -> None:
        """Returns when the receiver has accepted it.

        secrets: texts that must not appear in an error, in whatever way they travel.

        Raises TryLaterError or RefusedError.
        """
        hidden = [form for secret in secrets if secret for form in _forms(secret)]
        # A secret that begins where the answer is cut must be known for one.
        most = _MOST_BYTES * (_LONGEST_ANSWER + max(map(len, hidden), default=0))
        try:
            answer = self._pool.request(
                "POST",
                url,
                body=body,
                headers={**self._pool.headers, **headers},
                redirect=False,
                preload_content=False,
            )
            start = answer.read(most)
            # Its end is not worth waiting for, and there may be none.
            (answer.close if len(start) == most else answer.release_conn)()
        except (HTTPError, OSError) as error:
            raise TryLaterError(_scrubbed(_why(error), hidden)) from None
        if 200 <= answer.status < 300:
            return
        text = _scrubbed(start.decode("utf-8", "replace"), hidden)[:_LONGEST_ANSWER]
        reason = " ".join(f"HTTP {answer.status} {text}".split())
        if answer.status in _FOR_GOOD:
            raise RefusedError(reason)
        raise TryLaterError(reason, _asked_to_wait(answer.headers))


def read_secret(path: Path) -> str:
    """The first line of a file. Read anew for each use: it may be changed while we run.

    Raises TryLaterError when there is none.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TryLaterError(f"{path}: cannot be read: {type(error).__name__}") from None
    secret = lines[0].strip() if lines else ""
    if not secret or not secret.isprintable() or not secret.isascii():
        raise TryLaterError(f"{path}: must have the secret, plain ASCII, in its first line")
    return secret


def _why(error: Exception) -> str:
    """The innermost cause has the words of the system: "Connection refused"."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return f"{type(error).__name__}: {error}"


def _forms(secret: str) -> set[str]:
    """As it is, in an address, and in JSON."""
    return {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}


def _scrubbed(text: str, hidden: Iterable[str]) -> str:
    for form in sorted(hidden, key=len, reverse=True):  # a short one may be part of a long one
        text = text.replace(form, "***")
    return text


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    seconds = headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_PAUSE_SECONDS) if seconds.isdigit() else 0.0
