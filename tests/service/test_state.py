"""A restart loses no learning, and state that does not fit is kept aside, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamrnn.config import Config, DetectorConfig, GatewayConfig, GroupConfig
from streamrnn.detect import InlineRetrainer, arrays_file
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.disk import Disk
from streamrnn.service.state import State, capture, restore
from tests.service.pipeline import ALERTS, DETECTOR, Pipeline, command, freezer, message

CONFIG = Config(gateway=GatewayConfig(name="gw"), detector=DETECTOR, alerts=ALERTS)
MESSAGES = [
    *freezer(0, 300),
    *freezer(300, 330, warmer_by=9.0),
    *freezer(330, 400),
    command("snooze 2m"),
    *freezer(400, 430, warmer_by=-9.0),
    *freezer(430, 600),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CheckpointStore]:
    store = CheckpointStore(tmp_path, Disk())
    store.claim.take()
    yield store
    store.claim.release()


def restarted(state: State, store: CheckpointStore, config: Config = CONFIG) -> State:
    store.write(arrays_file.encode(*capture(state)))
    return restore(store, config, InlineRetrainer())


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(0, len(MESSAGES)), max_size=3))
def test_a_restart_anywhere_changes_neither_decisions_nor_events(
    store: CheckpointStore, stops: list[int]
) -> None:
    whole = Pipeline()
    whole.feed(*MESSAGES)
    pipeline, events, fed = Pipeline(), [], 0
    for stop in sorted(stops):
        events += pipeline.feed(*MESSAGES[fed:stop])
        pipeline, fed = Pipeline(restarted(pipeline.state, store)), stop
    events += pipeline.feed(*MESSAGES[fed:])
    assert events == whole.heard.events
    for name, array in whole.state.bank.to_arrays().items():
        np.testing.assert_array_equal(array, pipeline.state.bank.to_arrays()[name])


def test_without_a_checkpoint_learning_begins(store: CheckpointStore) -> None:
    assert restore(store, CONFIG, InlineRetrainer()).bank.names == []


def test_state_of_another_network_is_announced_and_kept_aside(
    store: CheckpointStore, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, 10))
    config = CONFIG.model_copy(
        update={"detector": DetectorConfig(hidden=16, activation="relu", warm_up=60)}
    )
    state = restarted(pipeline.state, store, config)
    assert state.bank.names == []
    (record,) = (r for r in caplog.records if r.message == "state_unusable")
    data = record.__dict__["data"]
    assert data["reason"] == "detector.hidden was 8, is 16, detector.activation was tanh, is relu"
    assert Path(data["kept_as"]).exists()
    assert not store.newest.exists()


def test_going_back_to_the_old_settings_brings_the_old_state_back(store: CheckpointStore) -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, 10))
    other = CONFIG.model_copy(update={"detector": DetectorConfig(hidden=16)})
    restarted(pipeline.state, store, other)
    (store.directory / "state.bin.unusable").rename(store.newest)
    assert restore(store, CONFIG, InlineRetrainer()).bank.names == ["plant/freezer"]


def test_settings_that_do_not_shape_the_network_may_change(store: CheckpointStore) -> None:
    pipeline = Pipeline()
    pipeline.feed(*freezer(0, 10))
    config = CONFIG.model_copy(update={"detector": DetectorConfig(warm_up=500)})
    assert restarted(pipeline.state, store, config).bank.names == ["plant/freezer"]


def test_streams_go_to_the_groups_that_new_settings_put_them_into(store: CheckpointStore) -> None:
    pipeline = Pipeline()
    pipeline.feed(*(message(f"plant/{room}/{what}", "1") for room in "ab" for what in "tx"))
    before = pipeline.state.bank
    assert before.device("plant/a/t") == before.device("plant/a/x") == "plant/a"
    groups = (GroupConfig(name="heat", streams=("*/t",)),)
    after = restarted(pipeline.state, store, CONFIG.model_copy(update={"group": groups})).bank
    assert after.device("plant/a/t") == after.device("plant/b/t") == "heat"
    assert after.device("plant/a/x") == "plant/a"
