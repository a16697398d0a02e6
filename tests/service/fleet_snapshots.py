"""Snapshots for tests: a small plant whose every number is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrnn.detect import BankStatus
from streamrnn.detect.device import device_of
from streamrnn.ingest import StreamInfo
from streamrnn.records import Event, EventType, Reason
from streamrnn.service.fleet import FleetSnapshot, TrainingCounts

NOW = 1_800_000_000.0


def bank_status(n: int, **columns: Sequence[float]) -> BankStatus:
    """`n` active streams at 10 units, expected at 10 +- 1; `columns` replaces what is given."""
    default: dict[str, tuple[float, type]] = {
        "readings": (500, np.int64),
        "warm_up_left": (0, np.int64),
        "value": (10.0, np.float64),
        "time": (NOW - 5, np.float64),
        "yhat": (10.0, np.float64),
        "yhat_lower": (9.0, np.float64),
        "yhat_upper": (11.0, np.float64),
        "score": (0.2, np.float64),
        "interval": (1.0, np.float64),
        "skill_ratio": (0.8, np.float64),
        "retrainings": (1, np.int64),
        "rejected_retrainings": (0, np.int64),
    }
    return BankStatus(
        **{
            name: np.array(columns.get(name, [value] * n), dtype)
            for name, (value, dtype) in default.items()
        }
    )


def fleet(names: Sequence[str], **fields: Any) -> FleetSnapshot:
    """All of `names` active and normal."""
    infos = fields.get("infos", {})
    told = {name: infos[name].device if name in infos else "" for name in names}
    given = {
        "devices": {name: device_of(name, told[name]) for name in names},
        "gateway": "boiler-house",
        "time": NOW,
        "status": bank_status(len(names)),
        "anomaly_active": np.zeros(len(names), bool),
    }
    return FleetSnapshot(names=tuple(names), **{**given, **fields})


def opened(stream: str, since: float = NOW - 60) -> Event:
    return Event(
        id=f"{stream}-1",
        type=EventType.NEW,
        gateway="boiler-house",
        stream=stream,
        kind="level",
        time=NOW,
        since=since,
        value=-9.1,
        score=1.7,
        yhat=-18.4,
        yhat_lower=-19.0,
        yhat_upper=-17.7,
        message=f"{stream} is -9.1, expected -18.4 (-19.0 to -17.7), for 1 min: level.",
    )


def info(**known: str) -> StreamInfo:
    nothing = dict.fromkeys(StreamInfo._fields, "")
    return StreamInfo(**{**nothing, **known})


def plant() -> FleetSnapshot:
    """A freezer that is too warm, a door, a pump that warms up, a mixer not heard of yet."""
    nan = float("nan")
    names = ("freezer/temperature", "door", "pump/current", "mixer/current")
    status = bank_status(
        4,
        readings=[500, 500, 50, 0],
        warm_up_left=[0, 0, 150, 200],
        value=[-9.1, 1.0, 3.25, nan],
        time=[NOW - 20, NOW - 7200, NOW - 1, nan],
        yhat=[-18.4, 1.0, nan, nan],
        yhat_lower=[-19.0, 0.9, nan, nan],
        yhat_upper=[-17.7, 1.1, nan, nan],
        score=[1.7, 0.1, 0.0, 0.0],
        skill_ratio=[0.62, nan, nan, nan],
    )
    return fleet(
        names,
        status=status,
        anomaly_active=np.array([True, False, False, False]),
        anomalies_total={("freezer/temperature", "level"): 2, ("door", "unexpected"): 1},
        open_events=(opened("freezer/temperature"),),
        quiet_until={"door": NOW + 3600, "pump/current": NOW - 3600},
        infos={
            "freezer/temperature": info(unit="°C"),
            "door": info(device="front door", name="Opening"),
        },
        dropped={Reason.RETAINED: 7},
        messages_total=900,
        readings_total=1050,
        training=TrainingCounts(accepted=3, rejected=1, failed=0, duration_seconds=2.5),
        queue_depth=12,
        outbox_depth=1,
        connected=True,
        reconnects=4,
        rebuilds=1,
        checkpoint_time=NOW - 30,
        checkpoint_duration_seconds=0.25,
    )
