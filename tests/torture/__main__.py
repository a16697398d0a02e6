"""python -m tests.torture: run rows of the campaign and print their figures."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from tests.torture import (
    broker,
    clock,
    corruption,
    disk_errors,
    failpoints,
    full_disk,
    fuzz,
    guided,
    hostile,
    kill,
    link,
    mixed,
    outage,
    overload,
    poison,
    powercut,
    soak,
    topics,
)
from tests.torture.figures import Figures


class Row(NamedTuple):
    """run: called with a folder of its own and the count; unit: of the count; short: in the test
    suite, None for rows that are not there; long: by `make torture`; takes: options of the command
    line beside the count; carries_on: in a folder that was kept, where the last portion ended."""

    run: Callable[..., Figures]
    unit: str
    short: int | None
    long: int
    takes: tuple[str, ...] = ()
    carries_on: bool = False


_SEED = ("seed",)
ROWS = {
    "kill": Row(kill.run, "kills", 30, 1_000, _SEED),
    "mixed": Row(mixed.run, "mishaps", 10, 500, _SEED),
    "failpoints": Row(failpoints.run, "times each", 1, 20),
    "powercut": Row(powercut.run, "images", 500, 10_000, _SEED),
    "broker": Row(broker.run, "ends", 20, 200, _SEED),
    "link": Row(link.run, "faults", 20, 300, _SEED),
    "hostile": Row(hostile.run, "frames", 2_000, 1_000_000, _SEED),
    "fuzz": Row(fuzz.run, "messages", 50_000, 10_000_000, _SEED),
    "guided-fuzz": Row(guided.run, "messages", None, 10_000_000, _SEED, carries_on=True),
    "corruption": Row(corruption.run, "corruptions", 20_000, 5_000_000, _SEED),
    "disk-errors": Row(lambda folder, _: disk_errors.run(folder), "", 1, 1),
    "full-disk": Row(full_disk.run, "times", 10, 300, _SEED),
    "clock": Row(lambda folder, _: clock.run(folder), "", 1, 1),
    "overload": Row(overload.run, "seconds", 60, 600),
    "topics": Row(topics.run, "topics", 100_000, 1_000_000),
    "soak": Row(soak.run, "seconds", 180, 8 * 3_600, ("times_as_fast",)),
    "poison": Row(poison.run, "seeds", 30, 1_000),
    "outage": Row(outage.run, "alerts", 100_000, 1_000_000),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS) + ", all")
    parser.add_argument("--count", type=int, help="how many, in place of the long form")
    parser.add_argument(
        "--seed", type=int, default=0, help="of rows with chance in them: to do them in portions"
    )
    parser.add_argument(
        "--times-as-fast",
        type=int,
        default=soak.TIMES_AS_FAST,
        help="as readings come from a plant, in soak; default: %(default)s",
    )
    parser.add_argument("--short", action="store_true", help="as in the test suite")
    parser.add_argument("--keep", type=Path, help="folder for logs and state; default: thrown away")
    options = parser.parse_args(arguments)
    if not options.rows:
        _list_rows()
        return 0
    signal.signal(signal.SIGTERM, _leave)
    logging.disable(logging.CRITICAL)  # of the parts under test; daemons log to their folders
    all_rows = [name for name, row in ROWS.items() if row.short or not options.short]
    names = all_rows if options.rows == ["all"] else options.rows
    if unknown := set(names) - set(ROWS):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    failed = [name for name in names if not _run(name, options)]
    return 1 if failed else 0


def _leave(number: int, frame: FrameType | None) -> None:
    """As an exception, on whose way brokers and daemons are ended."""
    sys.exit(128 + number)


def _list_rows() -> None:
    for name, row in ROWS.items():
        short = "-" if row.short is None else f"{row.short:,}"
        counts = f"{short:>9} / {row.long:<10,} {row.unit}" if row.unit else ""
        print(f"{name:12} {counts}")


def _run(name: str, options: argparse.Namespace) -> bool:
    row = ROWS[name]
    count = options.count or (row.short if options.short else None) or row.long
    more = {option: getattr(options, option) for option in row.takes}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = Path(options.keep or thrown_away) / name
        folder.mkdir(parents=True, exist_ok=row.carries_on)
        try:
            print(
                f"passed  {row.run(folder, count, **more)}, took {time.monotonic() - begun:.0f} s"
            )
        except Exception:  # noqa: BLE001  # one row that fails must not keep the others from running
            print(f"FAILED  {name}")
            traceback.print_exc()
            return False
        finally:
            sys.stdout.flush()
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
