"""What a checkpoint holds: the bank's arrays, the tracker's open events and snoozes, the packet ids
under which the broker may send again what is in them, what it has still to take back, and by what
earlier messages payloads are read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from streamrnn.config import Config, DetectorConfig, GroupConfig
from streamrnn.config.group import group_of
from streamrnn.detect import Bank, Retrainer
from streamrnn.detect.events import EventTracker
from streamrnn.errors import StateError
from streamrnn.ingest.detection import Formats
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.disk import put_aside
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.withdrawals import Withdrawals

log = logging.getLogger("streamrnn.state")

_NETWORK_SETTINGS: Final = ("cell", "hidden", "activation")


class State(NamedTuple):
    """Everything that is learned or remembered. Owned by the loop."""

    bank: Bank
    tracker: EventTracker
    redeliveries: Redeliveries
    withdrawals: Withdrawals
    formats: Formats


def capture(state: State) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Copies: (arrays, facts) for a checkpoint."""
    facts = {
        "network": _network(state.bank.config),
        "tracker": state.tracker.to_state(),
        "withdrawals": state.withdrawals.to_state(),
        "formats": state.formats.to_state(),
    }
    return state.bank.to_arrays() | state.redeliveries.to_arrays(), facts


def restore(store: CheckpointStore, config: Config, retrainer: Retrainer) -> State:
    """The state in `store`, or a new one.

    State made with another network cannot be used: it is put aside, and learning begins anew.
    Raises StateError for state of a newer version, which an upgrade will make usable.
    """
    stored = store.read()
    if stored is None:
        log.info("state_new", extra={"data": {"directory": str(store.directory)}})
        return _new(config, retrainer)
    try:
        state = resume(stored.arrays, stored.facts, config, retrainer)
    except StateError as error:
        aside = put_aside(stored.path, "unusable")
        data = {
            "reason": _difference(stored.facts, config.detector) or str(error),
            "kept_as": str(aside),
            "remedy": "all streams warm up anew; to go back, set [detector] as it was and rename "
            f"that file to {store.newest.name}",
        }
        log.error("state_unusable", extra={"data": data})
        return _new(config, retrainer)
    told = {"file": str(stored.path), "streams": len(state.bank.slots)}
    log.info("state_restored", extra={"data": told})
    return state


def _new(config: Config, retrainer: Retrainer) -> State:
    tracker = EventTracker(config.alerts, config.gateway.name)
    bank = Bank(config.detector, retrainer)
    return State(bank, tracker, Redeliveries(), Withdrawals(), Formats())


def resume(
    arrays: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    config: Config,
    retrainer: Retrainer | None = None,
) -> State:
    """The state that was captured. StateError when it does not fit."""
    bank = Bank.from_arrays(config.detector, arrays, retrainer)
    regroup(bank, config.group)
    tracker = EventTracker(config.alerts, config.gateway.name)
    tracker.restore(bank.names, facts["tracker"])
    # Checkpoints of earlier versions have no withdrawals and no formats.
    withdrawals = Withdrawals(facts.get("withdrawals", ()))
    formats = Formats.from_state(facts.get("formats", {}))
    return State(bank, tracker, Redeliveries.from_arrays(arrays), withdrawals, formats)


def regroup(bank: Bank, groups: Sequence[GroupConfig]) -> None:
    """Streams go to the groups that the settings put them into; others stay where they are."""
    for stream, slot in bank.slots.items():
        group = group_of(stream, groups)
        if group is not None:
            bank.regroup(slot, group.device(stream))


def _network(config: DetectorConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in _NETWORK_SETTINGS}


def _difference(facts: Mapping[str, Any], config: DetectorConfig) -> str:
    """Which settings of the network are no longer as they were."""
    return ", ".join(
        f"detector.{name} was {before}, is {now}"
        for name, now in _network(config).items()
        if (before := facts["network"].get(name)) != now
    )
