"""What has happened to the link: counted, and logged once per change."""

from __future__ import annotations

import logging
from typing import Final

from streamrnn.service.mqtt.broker_limits import Shortcoming
from streamrnn.service.mqtt.reconnect import Ended, Ending

log = logging.getLogger("streamrnn.mqtt")

_LEVELS: Final = {Ending.REFUSED: logging.ERROR, Ending.BROKEN: logging.ERROR}
_REMEDIES: Final = {
    "Bad user name or password": "check mqtt.user and mqtt.password_file",
    "Not authorized": "check mqtt.user, mqtt.password_file and the broker's access rules",
    "Client identifier not valid": "set mqtt.client_id to one that the broker allows",
    "Session taken over": "another client uses our client id: set mqtt.client_id",
    "certificate": "set mqtt.ca_file to the authority that signed the broker's certificate",
}

_SESSION_LOST: Final = {
    "reason": "the broker has forgotten our session: readings sent while we were away are lost",
    "remedy": "let it keep sessions on disk (mosquitto: persistence true, autosave_interval 30), "
    "and long enough (mqtt.session_expiry)",
}
_SOON_SECONDS: Final = 5.0


class History:
    """Written by the network thread; its attributes may be read by any."""

    def __init__(self, broker: str, *, had_session: bool) -> None:
        """had_session: an earlier process of ours left one at the broker."""
        self._had_session = had_session
        self._shortcomings: list[Shortcoming] = []
        self.connections = 0
        self.sessions_lost = 0
        """Times that the broker had forgotten us, with the readings that came meanwhile."""
        self.broken = 0
        self.problem: str | None = None
        """Why the last attempt or connection ended; None while connected."""
        self.session_epoch = 0
        """The epoch with which the broker's present session began; 0 before the first."""
        self._broker = broker

    def connected(self, protocol: str, epoch: int, session_resumed: bool) -> None:
        self.connections += 1
        self.problem = None
        if not session_resumed:
            self.session_epoch = epoch
            if self._had_session:
                self.sessions_lost += 1
                log.warning("session_lost", extra={"data": _SESSION_LOST})
        self._had_session = True
        data = {
            "broker": self._broker,
            "protocol": protocol,
            "session": "resumed" if session_resumed else "new",
            "epoch": epoch,
        }
        log.info("connected", extra={"data": data})

    def falls_short(self, found: list[Shortcoming]) -> None:
        """Logged when it changes."""
        if found != self._shortcomings:
            self._shortcomings = found
            for shortcoming in found:
                log.warning("broker_falls_short", extra={"data": shortcoming._asdict()})

    def ended(self, ended: Ended, retry_seconds: float) -> None:
        """An attempt that fails like the one before it is logged as debugging only."""
        if ended.how is Ending.BROKEN:
            self.broken += 1
        problem = f"{ended.how.value}: {ended.detail}"
        is_new = problem != self.problem
        self.problem = problem
        data: dict[str, str | float] = {
            "broker": self._broker,
            "reason": ended.detail,
            "retry_seconds": round(retry_seconds, 1),
        }
        remedy = _remedy(ended, tls=self._broker.startswith("mqtts:"))
        if remedy is not None:
            data["remedy"] = remedy
        level = _LEVELS.get(ended.how, logging.WARNING) if is_new else logging.DEBUG
        log.log(level, f"connection_{ended.how.value}", extra={"data": data})


def _remedy(ended: Ended, *, tls: bool) -> str | None:
    for sign, remedy in _REMEDIES.items():
        if sign in ended.detail:
            return remedy
    if ended.how is Ending.NO_ANSWER and tls:  # TLS 1.3 tells us too late for a better word
        return (
            "if the broker asks for a certificate: set mqtt.cert_file and mqtt.key_file to ours, "
            "signed by an authority that it trusts"
        )
    if ended.how is Ending.LOST and ended.seconds_up < _SOON_SECONDS:
        return "if it repeats: some brokers hang up on topics that they deny; allow ours"
    return None
