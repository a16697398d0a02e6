"""What a row measured, in lines that people read and in the order that it was noted."""

from __future__ import annotations


class Figures:
    """`figures["kills"] = 30`; `str(figures)` is one line."""

    def __init__(self, row: str) -> None:
        self.row = row
        self._values: dict[str, object] = {}

    def __setitem__(self, name: str, value: object) -> None:
        self._values[name] = value

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __str__(self) -> str:
        shown = (f"{name} {_short(value)}" for name, value in self._values.items())
        return f"{self.row}: " + ", ".join(shown)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
