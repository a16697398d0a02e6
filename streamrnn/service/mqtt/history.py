"""What has happened to the link: counted, and logged once per change."""

from __future__ import annotations

import logging
from typing import Final

from streamrnn.config import MqttConfig
from streamrnn.service.mqtt.broker_limits import Shortcoming
from streamrnn.service.mqtt.reconnect import Ended, Ending
from streamrnn.service.mqtt.remedies import of_ending

log = logging.getLogger("streamrnn.mqtt")

_LEVELS: Final = {Ending.REFUSED: logging.ERROR, Ending.BROKEN: logging.ERROR}
_SESSION_LOST: Final = {
    "reason": "the broker has forgotten our session: readings sent while we were away are lost",
    "remedy": "let it keep sessions on disk (mosquitto: persistence true, autosave_interval 30), "
    "and long enough (mqtt.session_expiry)",
}


class History:
    """Written by the network thread; its attributes may be read by any."""

    def __init__(self, config: MqttConfig, *, had_session: bool) -> None:
        """had_session: an earlier process of ours left one at the broker."""
        self._had_session = had_session
        self._shortcomings: list[Shortcoming] = []
        self.connections = 0
        self.sessions_lost = 0
        """Times that the broker had forgotten us, with the readings that came meanwhile."""
        self.broken = 0
        self.problem: str | None = None
        """Why the last attempt or connection ended, and the remedy; None while connected."""
        self.session_epoch = 0
        """The epoch with which the broker's present session began; 0 before the first."""
        self._config = config

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
            "broker": self._config.broker,
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
        remedy = of_ending(ended, self._config)
        problem = f"{ended.how.value.replace('_', ' ')}: {ended.detail}; {remedy}"
        is_new = problem != self.problem
        self.problem = problem
        data = {
            "broker": self._config.broker,
            "reason": ended.detail,
            "retry_seconds": round(retry_seconds, 1),
            "remedy": remedy,
        }
        level = _LEVELS.get(ended.how, logging.WARNING) if is_new else logging.DEBUG
        log.log(level, f"connection_{ended.how.value}", extra={"data": data})
