"""One HTTP POST, and what its answer means for whoever wants to deliver something."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError

_FOR_GOOD: Final = (400, 413, 422)
"""The receiver understood and does not want this content: sent again, it would fare no better.
Everything else (a wrong token too) somebody can mend while the content waits."""

_LONGEST_ANSWER: Final = 200  # characters of it that are worth a line in the log
_MOST_READ: Final = 4 * _LONGEST_ANSWER  # bytes
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

        secrets: texts that must not appear in an error. Raises TryLaterError or RefusedError.
        """
        try:
            answer = self._pool.request(
                "POST",
                url,
                body=body,
                headers={**self._pool.headers, **headers},
                redirect=False,
                preload_content=False,
            )
            start = answer.read(_MOST_READ)
            # Its end is not worth waiting for, and there may be none.
            (answer.close if len(start) == _MOST_READ else answer.release_conn)()
        except (HTTPError, OSError) as error:
            raise TryLaterError(_scrubbed(_why(error), secrets)) from None
        if 200 <= answer.status < 300:
            return
        text = " ".join(start.decode("utf-8", "replace").split())
        reason = f"HTTP {answer.status} {text[:_LONGEST_ANSWER]}".strip()
        if answer.status in _FOR_GOOD:
            raise RefusedError(_scrubbed(reason, secrets))
        raise TryLaterError(_scrubbed(reason, secrets), _asked_to_wait(answer.headers))


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


def _scrubbed(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return text


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    seconds = headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_PAUSE_SECONDS) if seconds.isdigit() else 0.0
