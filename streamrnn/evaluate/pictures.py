"""The figures of `bench quality` as pictures: SVG that stands inside the HTML page and loads
nothing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from streamrnn.evaluate.detectors import DETECTORS, OURS
from streamrnn.evaluate.figures import Figures
from streamrnn.evaluate.goals import LEAST_RECALL
from streamrnn.evaluate.protocol import MOST_FALSE_PER_10K_ROWS, Figure

# Okabe and Ito's colours, told apart by the colour-blind, too.
_COLOURS: Final = ("#0072b2", "#999999", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00")
_HEIGHT: Final = 220.0
_LEFT, _BOTTOM, _TOP = 45.0, 40.0, 65.0
_BAR: Final = 12.0
_GAP: Final = 26.0


def pictures(figures: Figures, detectors: Sequence[str]) -> list[str]:
    """Those there is anything to draw for."""
    return [drawn for drawn in (_vus_pr(figures, detectors), _operating_points(figures)) if drawn]


def _vus_pr(figures: Figures, detectors: Sequence[str]) -> str:
    """A group of bars for each set, a bar for each detector."""
    sets = figures.data_sets()
    shown = [
        name
        for name in detectors
        if any(_value(figures, data_set, name) is not None for data_set in sets)
    ]
    if not shown:
        return ""
    parts, x = [], _LEFT + _GAP / 2.0
    for data_set in sets:
        middle = x + len(shown) * _BAR / 2.0
        for index, name in enumerate(shown):
            value = _value(figures, data_set, name)
            if value is not None:
                size = value * _HEIGHT
                parts.append(
                    f'<rect x="{x + index * _BAR:.0f}" y="{_TOP + _HEIGHT - size:.1f}" '
                    f'width="{_BAR - 1:.0f}" height="{size:.1f}" fill="{_colour(index)}">'
                    f"<title>{html.escape(DETECTORS[name].title)}: {value:.3f}</title></rect>"
                )
        parts.append(_text(middle, _TOP + _HEIGHT + 18.0, data_set))
        x += len(shown) * _BAR + _GAP
    for index, name in enumerate(shown):
        at = _LEFT + 140.0 * (index % 5)
        y = 14.0 + 16.0 * (index // 5)
        parts.append(f'<rect x="{at}" y="{y - 9}" width="10" height="10" fill="{_colour(index)}"/>')
        parts.append(_text(at + 14.0, y, DETECTORS[name].title, "start"))
    return _picture("VUS-PR by set", max(x, _LEFT + 720.0), parts)


def _operating_points(figures: Figures) -> str:
    """Each set at the shipped alarm: false alarms to the right, events found upwards; the goal is
    the shaded corner."""
    points = []
    for data_set in figures.data_sets():
        recall = figures.get(data_set, OURS, Figure.EVENT_RECALL)
        false = figures.get(data_set, OURS, Figure.FALSE_PER_10K_ROWS)
        if recall is not None and false is not None:
            points.append((data_set, recall.mean, false.mean))
    if not points:
        return ""
    width = 600.0
    most = max(2.0 * MOST_FALSE_PER_10K_ROWS, *(1.1 * false for _, _, false in points))
    goal = (1.0 - LEAST_RECALL) * _HEIGHT
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{MOST_FALSE_PER_10K_ROWS / most * width:.1f}" '
        f'height="{goal:.1f}" fill="#e5f4ee"/>'
    ]
    for data_set, recalled, false_rate in points:
        x, y = _LEFT + false_rate / most * width, _TOP + (1.0 - recalled) * _HEIGHT
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_COLOURS[0]}"/>')
        parts.append(_text(x + 8.0, y + 4.0, data_set, "start"))
    axis = _TOP + _HEIGHT + 18.0
    parts += [
        _text(_LEFT + share * width, axis, f"{share * most:.1f}") for share in (0.0, 0.5, 1.0)
    ]
    parts.append(_text(_LEFT + width / 2.0, axis + 18.0, "false alarms / 10,000 rows"))
    title = "Event recall against false alarms at the shipped alarm"
    return _picture(title, _LEFT + width + 90.0, parts)


def _picture(title: str, width: float, parts: Sequence[str]) -> str:
    """With a scale from 0 to 1 on the left."""
    scale = [_text(_LEFT, _TOP - 10.0, title, "start")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _TOP + (1.0 - tick) * _HEIGHT
        scale.append(f'<path d="M{_LEFT} {y:.1f}H{width:.0f}" stroke="#ddd"/>')
        scale.append(_text(_LEFT - 6.0, y + 4.0, f"{tick:.2f}", "end"))
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {_TOP + _HEIGHT + _BOTTOM:.0f}" '
        f'width="{width:.0f}" font-size="12"><title>{html.escape(title)}</title>'
        f"{''.join(scale)}{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    escaped = html.escape(text)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escaped}</text>'


def _value(figures: Figures, data_set: str, detector: str) -> float | None:
    over = figures.get(data_set, detector, Figure.VUS_PR)
    return None if over is None else over.mean


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]
