"""The daemon: starts, goes round, and takes everything down in good order.

run_daemon        what `streamrnn run` calls: signals, logs, exit code
  Daemon          start -> turns -> stop
    assembly      the parts, and what each of them is given
    loop          messages -> decisions -> events
    upkeep        what happens between batches
    reload        SIGHUP: new settings for a running daemon
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final

from streamrnn import __version__
from streamrnn.config import Config
from streamrnn.service import failpoint, logs
from streamrnn.service.assembly import Assembly
from streamrnn.service.disk import Disk
from streamrnn.service.failpoint import Failpoint
from streamrnn.service.health import Health
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import MOST_MESSAGES
from streamrnn.service.notify import Notifier
from streamrnn.service.reload import Adjustable, reload
from streamrnn.service.signals import Signals, StoppedAtStartError, handled
from streamrnn.service.upkeep import CONDITIONS

log = logging.getLogger("streamrnn.daemon")

_TURN_SECONDS: Final = 0.1  # the longest wait for messages: what a signal or a scrape may take
# In a flood the loop waits for a larger batch: each of its turns takes the GIL from the network
# thread. With a rest between turns a sixth more messages got through.
_FLOOD: Final = 50
_GATHER_SECONDS: Final = 0.02


class Daemon:
    """One running daemon. `run` returns after `signals.stop` was set.

    load: reads the settings anew, for a reload. environ: of the process. disk, at: where the
    torture campaign takes hold.
    """

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        environ: Mapping[str, str],
        *,
        disk: Disk | None = None,
        at: Failpoint = failpoint.nothing,
    ) -> None:
        self.signals = Signals()
        self._config = config
        self._load = load
        self._environ = environ
        self._disk = disk or Disk()
        self._at = at
        self._notifier = Notifier.from_environment(environ)
        self._health = Health(time.monotonic, CONDITIONS)
        self._complaints = RateLimited(log, time.monotonic)

    def run(self) -> None:
        """Raises ConfigError or StateError when it cannot start."""
        begun = time.monotonic()
        with ExitStack() as stack:
            try:
                loop, upkeep, adjustable = self._assembly().start(stack)
            finally:
                self.signals.starting = False  # nothing is raised while the stack takes it down
            seconds = round(time.monotonic() - begun, 2)
            log.info("ready", extra={"data": {"seconds": seconds, "version": __version__}})
            self._notifier.ready(f"{len(loop.state.bank.slots)} streams")
            while not self.signals.stop:
                if _FLOOD <= loop.turn(_TURN_SECONDS) < MOST_MESSAGES:
                    time.sleep(_GATHER_SECONDS)
                upkeep.turn()
                self._notifier.alive(time.monotonic(), upkeep.status_line)
                if self.signals.reload:
                    self.signals.reload = False
                    self._reload(adjustable)
            self._notifier.stopping("saving state")
            upkeep.finish()
        log.info("stopped", extra={"data": {"messages": loop.messages_total}})

    def _assembly(self) -> Assembly:
        return Assembly(
            self._config,
            self._environ,
            self._health,
            self._complaints,
            disk=self._disk,
            at=self._at,
        )

    def _reload(self, adjustable: Adjustable) -> None:
        self._notifier.reloading()
        running = self._config
        self._config = reload(running, self._load, adjustable)
        refused = self._config is running
        self._notifier.ready(f"settings {'refused, see the log' if refused else 'reloaded'}")


def run_daemon(
    load: Callable[[], Config],
    environ: Mapping[str, str] = os.environ,
    *,
    disk: Disk | None = None,
    at: Failpoint = failpoint.nothing,
) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reloads the settings. Returns the exit code, 0.

    load: reads and checks the settings. Call from the main thread. disk, at: see `Daemon`.

    Raises ConfigError or StateError when the daemon cannot start.
    """
    config = load()
    logs.configure(config.log, sys.stderr)
    daemon = Daemon(config, load, environ, disk=disk, at=at)
    with handled(daemon.signals):
        try:
            daemon.run()
        except StoppedAtStartError:
            log.info("stopped_at_start")
            # All is taken down but the compiler, which cannot be stopped.
            logging.shutdown()
            os._exit(0)
    return 0
