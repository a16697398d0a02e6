"""A durable outbox for tests, and events to put into it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.outbox import AlertOutbox


@contextmanager
def running_outbox(folder: Path, *destinations: str) -> Iterator[AlertOutbox]:
    complaints = RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)
    outbox = AlertOutbox(folder, destinations, capacity=100, complaints=complaints, disk=Disk())
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.close(10.0)
