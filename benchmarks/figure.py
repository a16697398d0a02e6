"""One measured number, with what it should be and how to measure it again."""

from __future__ import annotations

import msgspec


class Goal(msgspec.Struct, frozen=True):
    """What a figure should be: at most, or at least, a limit."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """value: None where it could not be measured; `note` then says why."""

    group: str
    name: str
    value: float | None
    unit: str
    goal: Goal | None = None
    note: str = ""

    @property
    def command(self) -> str:
        """What measures it again."""
        return f"python -m benchmarks --only {self.group}"

    @property
    def verdict(self) -> str:
        """Whether the goal is met; empty without a goal or a value."""
        if self.goal is None or self.value is None:
            return ""
        return "met" if self.goal.met(self.value) else "missed"

    @property
    def shown(self) -> str:
        """The value with its unit, four digits at most after rounding."""
        if self.value is None:
            return "not measured"
        if abs(self.value) >= 1000.0:
            return f"{self.value:,.0f} {self.unit}"
        return f"{self.value:.3g} {self.unit}"

    @property
    def line(self) -> str:
        goal = f"  (goal {self.goal}: {self.verdict})" if self.verdict else ""
        note = f"  {self.note}" if self.note else ""
        return f"{self.group}: {self.name}: {self.shown}{goal}{note}"
