"""The hand-over of snapshots from the loop to its readers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from streamrnn.service.fleet import SnapshotMailbox
from tests.service.fleet_snapshots import fleet

FOREVER = 60.0


class Loop:
    """Answers requests between batches, as the daemon's loop does, until told to stop."""

    def __init__(self, mailbox: SnapshotMailbox) -> None:
        self.answers = 0
        self._mailbox = mailbox
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopping.wait(0.001):
            if self._mailbox.wanted:
                self.answers += 1
                self._mailbox.put(fleet([], time=float(self.answers)))

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()


def test_a_reader_gets_a_snapshot_made_after_it_asked() -> None:
    mailbox = SnapshotMailbox(fleet([], time=0.0), timeout_seconds=FOREVER)
    with Loop(mailbox):
        times = [mailbox.read().time for _ in range(20)]
    assert times == sorted(set(times))
    assert times[0] > 0


def test_a_loop_that_does_not_answer_costs_the_reader_only_the_timeout() -> None:
    mailbox = SnapshotMailbox(fleet([], time=1.0), timeout_seconds=0.01)
    assert mailbox.read().time == 1.0


def test_nobody_asking_means_nothing_to_do() -> None:
    mailbox = SnapshotMailbox(fleet([]), timeout_seconds=0.01)
    assert not mailbox.wanted
    mailbox.read()
    assert mailbox.wanted
    mailbox.put(fleet([]))
    assert not mailbox.wanted


def test_many_readers_all_get_an_answer() -> None:
    mailbox = SnapshotMailbox(fleet([], time=0.0), timeout_seconds=FOREVER)
    with Loop(mailbox) as loop, ThreadPoolExecutor(8) as readers:
        times = list(readers.map(lambda _: mailbox.read().time, range(200)))
        assert min(times) > 0
        assert max(times) <= loop.answers
