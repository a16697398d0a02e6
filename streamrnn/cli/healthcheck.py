"""`streamrnn healthcheck`: asks the daemon on this machine how it is; for Docker and scripts."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from streamrnn.cli.exit_codes import ExitCode
from streamrnn.cli.settings import ConfigOption, load_settings
from streamrnn.errors import ConfigError, StreamrnnError

if TYPE_CHECKING:
    from streamrnn.config import HttpConfig

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_LONGEST_ANSWER: Final = 65_536


def healthcheck(
    config: ConfigOption = None,
    ready: Annotated[
        bool,
        typer.Option(
            "--ready", help="Ask whether it is ready: connected, subscribed, state saved."
        ),
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait.")] = 5.0,
) -> None:
    """Ask the daemon on this machine whether it is alive: exit code 0, or 1 with the reasons.

    Finds its port as the daemon does: in the settings file and the environment.
    A broker that is down makes the daemon not ready, but no less alive.

    Example:  streamrnn healthcheck -c /etc/streamrnn/streamrnn.toml --ready
    """
    status, body = _get(load_settings(config).http, "/readyz" if ready else "/healthz", timeout)
    if status == http.client.OK:
        typer.echo("ready" if ready else "alive")
        return
    sys.stderr.write(_reasons(status, body))
    raise typer.Exit(ExitCode.FAILURE)


def _address(config: HttpConfig) -> tuple[str, int]:
    if not config.enabled:
        raise ConfigError(["http.enabled = false: must be true, as there is no port to ask"])
    if config.port == 0:
        raise ConfigError(["http.port = 0: must be a fixed port, as a free one is not known here"])
    return _EVERY_ADDRESS.get(config.host, config.host), config.port


def _get(config: HttpConfig, path: str, timeout: float) -> tuple[int, bytes]:
    host, port = _address(config)
    headers = _authorization(config)
    connection = _connection(config, host, port, timeout)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(_LONGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        scheme = "https" if config.tls else "http"
        raise StreamrnnError(
            f"no answer from {scheme}://{host}:{port}{path}: {reason}; is the daemon running, "
            "with these settings?"
        ) from error
    finally:
        connection.close()


def _authorization(config: HttpConfig) -> dict[str, str]:
    """Without a token the daemon would not say what is wrong with it."""
    if config.token_file is None:
        return {}
    from streamrnn.service.http.access import read_token

    return {"authorization": f"Bearer {read_token(config.token_file)}"}


def _connection(
    config: HttpConfig, host: str, port: int, timeout: float
) -> http.client.HTTPConnection:
    # Not urllib.request: it would send the question through $http_proxy.
    if config.cert_file is None:
        return http.client.HTTPConnection(host, port, timeout=timeout)
    # The daemon's own certificate is all that is trusted, and is for its name in the network:
    # here it is asked by address.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(config.cert_file)
    except OSError as error:
        problem = f"http.cert_file = {config.cert_file}: must be a PEM certificate: {error}"
        raise ConfigError([problem]) from error
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _reasons(status: int, body: bytes) -> str:
    try:
        problems = json.loads(body)["problems"].items()
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"streamrnn: the daemon answered with HTTP status {status}\n"
    return "".join(f"{name}: {reason}\n" for name, reason in problems)
