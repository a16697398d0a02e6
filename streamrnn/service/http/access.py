"""From the settings to who may ask, and whether others can listen."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from streamrnn.config import HttpConfig
from streamrnn.errors import ConfigError
from streamrnn.service.http.guards import KnownHost, SecurityHeaders, TokenRequired
from streamrnn.service.tls import server_context

log = logging.getLogger("streamrnn.http")

_SHORTEST_TOKEN: Final = 16


def guarded(app: ASGIApp, config: HttpConfig) -> ASGIApp:
    """Raises ConfigError when the token cannot be used."""
    if config.token_file is not None:
        app = TokenRequired(app, read_token(config.token_file))
    elif config.this_machine_only:
        app = KnownHost(app)
    return SecurityHeaders(app)


def tls_context(config: HttpConfig) -> ssl.SSLContext | None:
    """None: HTTP without TLS. Raises ConfigError when a file cannot be used."""
    if config.cert_file is None:
        return None
    return server_context(config.cert_file, config.key_file, "http")


def read_token(file: Path) -> str:
    """Raises ConfigError when there is none, or one that could be guessed."""
    try:
        token = file.read_text("ascii").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"must be readable plain text: {type(error).__name__}"
        raise ConfigError([f"http.token_file = {file}: {problem}"]) from None
    if len(token) < _SHORTEST_TOKEN or not token.isprintable():
        problem = (
            f"its first line must have {_SHORTEST_TOKEN} characters or more; "
            "make one with: openssl rand -hex 32"
        )
        raise ConfigError([f"http.token_file = {file}: {problem}"])
    return token


def warn_of_exposure(config: HttpConfig) -> None:
    """Not a refusal: in a container every address is the usual one, and its walls do the rest."""
    if config.this_machine_only:
        return
    if config.token_file is None:
        problem = "whoever reaches this port can read every stream"
        remedy = "set http.token_file, or let a firewall admit only who should"
    elif not config.tls:
        problem = "the token and every reading can be overheard on the way"
        remedy = "set http.cert_file and http.key_file"
    else:
        return
    data = {"host": config.host, "port": config.port, "problem": problem, "remedy": remedy}
    log.warning("http_unprotected", extra={"data": data})
