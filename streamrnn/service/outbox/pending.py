"""Events that wait, and how far each destination has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from streamrnn.records import Event, EventType
from streamrnn.service.outbox.journal import FORMAT, Confirmed, Head, Open, Queued, Record

_STEPS: Final = list(EventType)


class Entry(NamedTuple):
    """position: 1, 2, 3 ... for ever, over restarts too."""

    position: int
    event: Event


class Pending:
    """Not thread-safe.

    last: position of the latest event that was ever queued. open: the last event of each anomaly
    that has not ended, by id. changes: what a journal lacks that was complete when they were last
    taken away.
    """

    def __init__(self, records: Sequence[Record], destinations: Sequence[str]) -> None:
        """records: of the journal. A destination that is not in it begins with what comes now."""
        self.last = 0
        self.open: dict[str, Event] = {}
        self.changes: list[Record] = []
        self._entries: dict[int, Event] = {}  # by position, without gaps
        # By id and step, where it stood in the journal at the start.
        self._before_the_crash: dict[str, dict[tuple[int, float], int]] = {}
        # By id, of the last step that came again while more may come.
        self._repeated: dict[str, int] = {}
        confirmed = self._load(records)
        self._confirmed = {name: confirmed.get(name, self.last) for name in destinations}
        self._close_gaps()
        self._forget_settled()

    def __len__(self) -> int:
        """How many events some destination waits for."""
        return len(self._entries)

    def __getitem__(self, position: int) -> Event:
        return self._entries[position]

    def append(self, event: Event) -> None:
        """Unless it stood in the journal at the start: then its readings came again.

        Where an earlier step of the anomaly had been told, and so stood there no more, that one is
        queued again, behind this one: so this one must be, too. Nobody may hear of a beginning
        after the end.
        """
        position = self._before_the_crash.get(event.id, {}).pop(_step(event), 0)
        if position > self._repeated.get(event.id, 0):
            self._repeat(event, position)
            return
        self.last += 1
        self._entries[self.last] = event
        self._follow(event)
        self.changes.append(Queued(self.last, event))
        if self._before_the_crash:
            self._repeat(event, self.last)

    def after(self, destination: str, position: int, end: int) -> range:
        """Positions above `position` and up to `end` that it has not confirmed."""
        return range(max(self._confirmed[destination], position) + 1, end + 1)

    def depth(self, destination: str) -> int:
        """How many events wait for it."""
        return self.last - self._confirmed[destination]

    def confirm(self, destination: str, position: int) -> bool:
        """It has settled everything up to `position`. Whether that is news."""
        if position <= self._confirmed[destination]:
            return False
        self._confirmed[destination] = position
        self.changes.append(Confirmed(destination, position))
        self._forget_settled()
        return True

    def give_up_oldest(self) -> tuple[Event, list[str]]:
        """The oldest event, and the destinations that will never get it."""
        position, event = next(iter(self._entries.items()))
        late = [name for name, confirmed in self._confirmed.items() if confirmed < position]
        for name in late:
            self._confirmed[name] = position
            self.changes.append(Confirmed(name, position))
        self._forget_settled()
        return event, late

    def journal(self) -> Iterator[Record]:
        """Everything that there is to remember."""
        yield Head(FORMAT, self.last)
        yield from map(Open, self.open.values())
        for position, event in self._entries.items():
            yield Queued(position, event)
        for destination, position in self._confirmed.items():
            yield Confirmed(destination, position)

    def _load(self, records: Sequence[Record]) -> dict[str, int]:
        """How far each destination had come, by the journal."""
        confirmed: dict[str, int] = {}
        for record in records:
            match record:
                case Head(last=last):
                    self.last = max(self.last, last)
                case Queued(position, event):
                    self.last = max(self.last, position)
                    self._entries[position] = event
                    self._stood_in_the_journal(position, event)
                    self._follow(event)
                case Confirmed(destination, position):
                    confirmed[destination] = position
                case Open(event):
                    self._follow(event)
        return confirmed

    def _close_gaps(self) -> None:
        """Damaged lines leave gaps: what waits gets new positions, counted back from the last."""
        first = self.last - len(self._entries) + 1
        renamed = {old: first + n for n, old in enumerate(self._entries)}
        self._entries = dict(enumerate(self._entries.values(), start=first))
        for name, position in self._confirmed.items():
            settled = [new for old, new in renamed.items() if old <= position]
            self._confirmed[name] = settled[-1] if settled else first - 1

    def _stood_in_the_journal(self, position: int, event: Event) -> None:
        """Later steps of the anomaly that stand before this one are to be queued again."""
        steps, this = self._before_the_crash.setdefault(event.id, {}), _step(event)
        while steps and next(reversed(steps)) >= this:
            steps.popitem()
        steps[this] = position

    def _repeat(self, event: Event, position: int) -> None:
        """A step of an anomaly has come again, and stands at `position`."""
        if event.type is EventType.END:
            self._repeated.pop(event.id, None)
        else:
            self._repeated[event.id] = position

    def _follow(self, event: Event) -> None:
        if event.type is EventType.END:
            self.open.pop(event.id, None)
        else:
            self.open[event.id] = event

    def _forget_settled(self) -> None:
        settled = min(self._confirmed.values(), default=self.last)
        for position in list(_first_while(self._entries, settled)):
            del self._entries[position]


def _step(event: Event) -> tuple[int, float]:
    """What is equal only for the same step of an anomaly, and larger for a later one."""
    return _STEPS.index(event.type), event.time


def _first_while(positions: Iterable[int], settled: int) -> Iterator[int]:
    """Those up to `settled`, of positions that rise."""
    for position in positions:
        if position > settled:
            return
        yield position
