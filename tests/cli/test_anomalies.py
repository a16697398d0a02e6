import io

from streamrnn.cli.anomalies import AnomalyTable
from streamrnn.records import Event, EventType


def event(kind_of_step, *, time, score=2.0, kind="unexpected", yhat=4.0):
    return Event(
        id="a1",
        type=kind_of_step,
        gateway="hall",
        stream="freezer",
        kind=kind,
        time=time,
        since=100.0,
        value=9.125,
        score=score,
        yhat=yhat,
        yhat_lower=None if yhat is None else 3.5,
        yhat_upper=None if yhat is None else 4.5,
        message="",
    )


def printed(*events):
    table, out = AnomalyTable(), io.StringIO()
    for step in events:
        table.add(step)
    table.print(out)
    return [line.split("  ") for line in out.getvalue().splitlines()]


def cells(line):
    return [cell.strip() for cell in line if cell.strip()]


def test_all_steps_of_an_anomaly_are_one_row():
    _, *rows = printed(
        event(EventType.NEW, time=100.0),
        event(EventType.UPDATE, time=130.0, score=5.0, kind="out_of_range"),
        event(EventType.END, time=160.4, score=0.5, kind="out_of_range"),
    )
    assert [cells(row) for row in rows] == [
        [
            *("1970-01-01 00:01:40", "1m", "freezer", "out_of_range"),
            *("5.00", "9.125", "3.5 to 4.5"),
        ]
    ]


def test_an_anomaly_that_did_not_end_is_open():
    _, row = printed(event(EventType.NEW, time=100.0, yhat=None))
    assert cells(row) == ["1970-01-01 00:01:40", "open", "freezer", "unexpected", "2.00", "9.125"]


def test_no_anomalies_are_no_table():
    assert printed() == []
