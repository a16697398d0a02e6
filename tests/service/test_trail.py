from __future__ import annotations

import pytest

from streamrnn.service import trail
from streamrnn.service.trail import Trail
from tests.service.fleet_snapshots import NOW, bank_status, fleet


def test_points_are_what_was_at_the_times_of_the_snapshots() -> None:
    kept = Trail()
    kept.note(fleet(["a", "b"], time=NOW, status=bank_status(2, value=[1, 2])))
    kept.note(fleet(["a", "b"], time=NOW + 10, status=bank_status(2, value=[3, 4])))
    assert kept.points("b") == [
        (NOW, 2.0, 9.0, 11.0, pytest.approx(0.2)),
        (NOW + 10, 4.0, 9.0, 11.0, pytest.approx(0.2)),
    ]


def test_what_is_too_old_is_forgotten() -> None:
    kept = Trail()
    for seconds in range(0, 2000, 10):
        kept.note(fleet(["a"], time=NOW + seconds))
    points = kept.points("a")
    assert points[-1][0] - points[0][0] == trail.KEPT_SECONDS


def test_a_large_fleet_keeps_less_and_at_least_the_last() -> None:
    kept = Trail()
    names = [f"s{number}" for number in range(100_000)]
    for seconds in range(0, 100, 10):
        kept.note(fleet(names, time=NOW + seconds))
    assert [point[0] for point in kept.points("s7")] == [NOW + 80, NOW + 90]


def test_a_stream_is_found_wherever_it_stands() -> None:
    """Rows move when another stream is given up."""
    kept = Trail()
    kept.note(fleet(["a", "b"], time=NOW, status=bank_status(2, value=[1, 2])))
    kept.note(fleet(["b", "c"], time=NOW + 10, status=bank_status(2, value=[3, 4])))
    assert [point[:2] for point in kept.points("b")] == [(NOW, 2.0), (NOW + 10, 3.0)]
    assert [point[:2] for point in kept.points("c")] == [(NOW + 10, 4.0)]
    assert kept.points("d") == []
