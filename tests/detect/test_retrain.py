from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect import (
    Bank,
    History,
    InlineRetrainer,
    TrainingJob,
    TrainingResult,
    layout,
    recipe,
    train,
)
from streamrnn.detect.recipe import COARSE, FINE, INPUTS
from streamrnn.detect.retrain import make_trainer
from streamrnn.detect.weights import initial_parameters
from tests import naive
from tests.detect.streams import RETRAINING, seconds, sine, step_one

H = 8


def history(values: np.ndarray, seed: int = 0) -> History:
    """Lags of the values as inputs, the next value as target, now and then none."""
    lags = [np.append(np.zeros(d), values)[: len(values)] for d in range(INPUTS)]
    targets = np.append(values[1:], np.nan)
    targets[np.random.default_rng(seed).random(len(targets)) < 0.05] = np.nan
    return History(np.stack(lags, axis=1).astype(np.float32), targets.astype(np.float32))


def wave(n: int) -> np.ndarray:
    return np.sin(np.arange(n) / 3.0)


def job(fine: History, coarse: History, seed: tuple[int, ...] = (0, 1, 2)) -> TrainingJob:
    champions = np.stack([initial_parameters(H, 0)] * 2)
    return TrainingJob(1, H, 0, seed, champions, (fine, coarse))


def loss_on_held_out(flat: np.ndarray, past: History) -> float:
    first = int(len(past.targets) * (1.0 - recipe.RETRAIN_HOLD_OUT))
    return float(make_trainer(H, 0)[1](flat, past.inputs.ravel(), past.targets, first))


def test_a_challenger_that_learned_replaces_the_champion() -> None:
    past = history(wave(256))
    result = train(job(past, past))
    assert result.job_id == 1
    assert result.accepted == (True, True)
    champion = initial_parameters(H, 0)
    for c in (FINE, COARSE):
        assert loss_on_held_out(result.parameters[c], past) < loss_on_held_out(champion, past)


def test_a_challenger_that_learned_the_wrong_thing_is_rejected() -> None:
    """The newest part contradicts all before it."""
    past = history(wave(256))
    held_out = int(256 * (1.0 - recipe.RETRAIN_HOLD_OUT))
    past.targets[:held_out] = recipe.HUBER
    past.targets[held_out:] = -recipe.HUBER
    assert train(job(past, past)).accepted == (False, False)


def test_the_channels_are_judged_each_by_itself() -> None:
    good, short = history(wave(256)), history(wave(20))
    assert train(job(good, short)).accepted == (True, False)
    assert train(job(short, good)).accepted == (False, True)


def test_with_too_little_history_the_champion_stays_as_it_is() -> None:
    for n in (1, 5, 2 * recipe.RETRAIN_WINDOW):
        past = history(wave(n))
        result = train(job(past, past))
        assert result.accepted == (False, False)
        np.testing.assert_array_equal(result.parameters[FINE], initial_parameters(H, 0))


def test_a_history_without_targets_trains_nothing() -> None:
    past = history(wave(256))._replace(targets=np.full(256, np.nan, np.float32))
    assert train(job(past, past)).accepted == (False, False)


def test_weights_that_are_not_finite_are_never_accepted() -> None:
    past = history(wave(256))
    past.inputs[100] = np.inf
    result = train(job(past, past))
    for c in (FINE, COARSE):
        assert not result.accepted[c] or np.isfinite(result.parameters[c]).all()


def test_training_is_pure() -> None:
    past = history(wave(256))
    task = job(past, past)
    before = [a.tobytes() for a in (task.parameters, past.inputs, past.targets)]
    first, second = train(task), train(task)
    assert first.parameters.tobytes() == second.parameters.tobytes()
    assert first.accepted == second.accepted
    assert [a.tobytes() for a in (task.parameters, past.inputs, past.targets)] == before


def test_the_seed_decides_which_windows_are_trained_on() -> None:
    past = history(wave(256))
    first, second = (train(job(past, past, seed)) for seed in ((0, 1), (0, 2)))
    assert first.parameters.tobytes() != second.parameters.tobytes()


def test_the_inline_retrainer_trains_when_asked_for_the_result() -> None:
    past = history(wave(256))
    retrainer, task = InlineRetrainer(), job(past, past)
    retrainer.submit(task)
    assert retrainer.result(task).parameters.tobytes() == train(task).parameters.tobytes()


# --- against the specification ------------------------------------------------------------------


def naive_fit(flat: naive.F64, past: History, starts: list[int], T: int, rate: float) -> naive.F64:
    network = naive.unpack(flat, INPUTS, H)
    inputs, targets = past.inputs.astype(float), past.targets.astype(float)
    states, _ = naive.run(network, inputs, np.zeros(H), False)
    adam = naive.Adam(len(flat))
    for first in starts:
        gradient = naive.window_gradient(
            naive.unpack(flat, INPUTS, H), inputs[first : first + T], targets[first : first + T],
            states[first], recipe.HUBER, False,
        )  # fmt: skip
        g = naive.clip_norm(naive.pack(gradient, len(flat)), recipe.GRADIENT_NORM)
        flat = adam.update(flat, g, rate)
    return flat


def test_training_is_adam_over_the_windows() -> None:
    past, T, rate = history(wave(120) + 0.3 * wave(360)[::3]), 16, 1e-3
    starts = np.array([3, 77, 0, 40, 104, 55])
    trained = initial_parameters(H, 0)
    make_trainer(H, 0)[0](trained, past.inputs.ravel(), past.targets, starts, T, rate)
    start = initial_parameters(H, 0).astype(np.float64)
    wanted = naive_fit(start, past, starts.tolist(), T, rate)
    moved = np.linalg.norm(wanted - start)
    assert moved > 0.01
    assert np.linalg.norm(trained - wanted) < 1e-3 * moved


def test_the_judge_is_the_mean_loss_over_the_newest_targets() -> None:
    past, flat = history(3.0 * wave(120)), initial_parameters(H, 3)
    network = naive.unpack(flat, INPUTS, H)
    _, outputs = naive.run(network, past.inputs.astype(float), np.zeros(H), False)
    errors = (np.array(outputs) - past.targets)[96:]
    wanted = np.mean([naive.huber(e, recipe.HUBER) for e in errors if not np.isnan(e)])
    assert loss_on_held_out(flat, past) == pytest.approx(wanted, rel=1e-4)


# --- in the bank --------------------------------------------------------------------------------


class Recorder(InlineRetrainer):
    """Keeps the jobs; grants or refuses every one."""

    def __init__(self, granted: bool) -> None:
        self.jobs: list[TrainingJob] = []
        self.granted = granted

    def submit(self, job: TrainingJob) -> None:
        self.jobs.append(job)

    def result(self, job: TrainingJob) -> TrainingResult:
        return train(job)._replace(accepted=(self.granted, self.granted))


def test_a_job_carries_copies_of_the_champions_and_of_the_recent_past() -> None:
    recorder = Recorder(granted=False)
    bank = Bank(RETRAINING, recorder)
    values = sine(400)
    step_one(bank, values, seconds(400))
    last = recorder.jobs[-1]
    assert (last.H, last.relu) == (8, 0)
    assert last.parameters.shape == (2, layout.parameter_count(8))
    fine = last.histories[FINE]
    assert fine.inputs.shape == (len(fine.targets), INPUTS)
    # what comes after a value is the first of the next inputs
    np.testing.assert_array_equal(fine.targets[:-1], fine.inputs[1:, 0])
    assert np.isnan(fine.targets[-1])
    end = int(last.seed[-1])  # readings when the job was cut
    past = values[end - len(fine.inputs) : end]
    assert np.corrcoef(fine.inputs[:, 0], past)[0, 1] > 0.99
    assert len({task.job_id for task in recorder.jobs}) == len(recorder.jobs)


@pytest.mark.parametrize("granted", [True, False], ids=["accepted", "rejected"])
def test_the_bank_counts_what_became_of_its_jobs(granted: bool) -> None:
    recorder = Recorder(granted)
    bank = Bank(RETRAINING, recorder)
    step_one(bank, sine(400), seconds(400))
    status = bank.status()
    counts = [int(status.retrainings[0]), int(status.rejected_retrainings[0])]
    done = len(recorder.jobs) - (1 if sum(counts) < len(recorder.jobs) else 0)
    assert counts == ([done, 0] if granted else [0, done])
    assert done >= 3


def test_a_rejected_challenger_changes_nothing() -> None:
    quiet = RETRAINING.model_copy(update={"retrain_every": np.inf})
    rejecting = step_one(Bank(RETRAINING, Recorder(granted=False)), sine(400), seconds(400))
    without = step_one(Bank(quiet), sine(400), seconds(400))
    assert rejecting.score.tobytes() == without.score.tobytes()


def test_a_result_is_installed_at_a_fixed_number_of_readings_after_its_job() -> None:
    asked_at: list[int] = []
    submitted_at: list[int] = []

    class Marking(Recorder):
        def result(self, job: TrainingJob) -> TrainingResult:
            asked_at.append(int(bank.status().readings[0]))
            return super().result(job)

    recorder = Marking(granted=True)
    bank = Bank(RETRAINING, recorder)
    for value, time in zip(sine(400), seconds(400), strict=True):
        before = len(recorder.jobs)
        readings = bank.status().readings[0] if bank.names else 0
        step_one(bank, np.array([value]), np.array([time]))
        if len(recorder.jobs) > before:
            submitted_at.append(int(readings))
    waited = np.array(asked_at) - submitted_at[: len(asked_at)]
    assert set(waited.tolist()) == {recipe.INSTALL_AFTER}
