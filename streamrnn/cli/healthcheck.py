"""`streamrnn healthcheck`: asks the daemon on this machine how it is; for Docker and scripts."""

from __future__ import annotations

import http.client
import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from streamrnn.cli.exit_codes import ExitCode
from streamrnn.cli.settings import ConfigArgument, load_settings
from streamrnn.errors import ConfigError, StreamrnnError

if TYPE_CHECKING:
    from streamrnn.config import HttpConfig

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_LONGEST_ANSWER: Final = 65_536


def healthcheck(
    config: ConfigArgument = None,
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

    Example:  streamrnn healthcheck /etc/streamrnn.toml --ready
    """
    host, port = _address(load_settings(config).http)
    status, body = _get(host, port, "/readyz" if ready else "/healthz", timeout)
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


def _get(host: str, port: int, path: str, timeout: float) -> tuple[int, bytes]:
    # Not urllib.request: it would send the question through $http_proxy.
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(_LONGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise StreamrnnError(
            f"no answer from http://{host}:{port}{path}: {reason}; is the daemon running, "
            "with these settings?"
        ) from error
    finally:
        connection.close()


def _reasons(status: int, body: bytes) -> str:
    try:
        problems = json.loads(body)["problems"].items()
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"streamrnn: the daemon answered with HTTP status {status}\n"
    return "".join(f"{name}: {reason}\n" for name, reason in problems)
