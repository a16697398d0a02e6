"""One call per reading, as in a notebook: Detector.step against other libraries' one call.

The detector has its default settings. The others do less: river's half-space trees score and learn,
the two Elman steps only forecast.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, Goal
from benchmarks.stopwatch import compare, timed
from streamrnn import Detector
from streamrnn.detect.recipe import INPUTS

H = 16  # of the two Elman steps
_WARM = 2000  # readings before the clock starts
_OPSET = 17  # old enough for every runtime of recent years

Call = Callable[[float, float], object]
"""Takes the value and the time of the next reading."""


def measure(rounds: int = 21, calls: int = 500) -> Iterator[Figure]:
    """calls: readings per timing."""
    for name, goal, make in (
        ("river HalfSpaceTrees", Goal(20.0, at_least=True), _river),
        ("an Elman step in numpy", None, _numpy_step),
        ("an Elman step in ONNX Runtime", None, _onnx_step),
    ):
        title = f"Detector.step: calls in the time of one of {name}"
        try:
            other = make()
        except ModuleNotFoundError as error:
            note = f"{error.name} is not installed"
            yield Figure(group="calls", name=title, value=None, unit="x", goal=goal, note=note)
            continue
        found = compare(timed(_calls(_detector(), calls)), timed(_calls(other, calls)), rounds)
        ours, theirs = found.ours / calls * 1e6, found.other / calls * 1e6
        yield Figure(
            group="calls",
            name=title,
            value=1.0 / found.ratio,
            unit="x",
            goal=goal,
            note=f"{ours:.1f} us against {theirs:.1f} us",
        )


def _calls(call: Call, count: int) -> Callable[[], object]:
    """A function that makes `count` calls with the next readings; warm from the start."""
    random = np.random.default_rng(0)
    values = itertools.cycle(random.uniform(0.3, 0.7, 4096).tolist())
    readings = zip(values, itertools.count(1_700_000_000.0), strict=False)
    for value, time in itertools.islice(readings, _WARM):
        call(value, time)

    def run() -> None:
        for value, time in itertools.islice(readings, count):
            call(value, time)

    return run


def _detector() -> Call:
    return Detector(retrain_every="never").step


def _river() -> Call:
    anomaly: Any = importlib.import_module("river.anomaly")
    trees = anomaly.HalfSpaceTrees(seed=0)  # features in [0, 1], as it wants them

    def call(value: float, time: float) -> object:
        reading = {"value": value}
        score = trees.score_one(reading)
        trees.learn_one(reading)
        return score

    return call


class _Weights:
    def __init__(self) -> None:
        random = np.random.default_rng(0)

        def normal(*shape: int) -> NDArray[np.float32]:
            return random.normal(0.0, 0.2, shape).astype(np.float32)

        self.U, self.W, self.b = normal(INPUTS, H), normal(H, H), normal(H)
        self.V, self.c = normal(H, 1), normal(1)


def _numpy_step() -> Call:
    U, W, b, V, c = vars(_Weights()).values()
    x, s = np.zeros(INPUTS, np.float32), np.zeros(H, np.float32)

    def call(value: float, time: float) -> object:
        nonlocal s
        x[1:] = x[:-1]
        x[0] = value
        s = np.tanh(x @ U + s @ W + b)
        return s @ V + c

    return call


def _onnx_step() -> Call:
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(_onnx_graph(), options, providers=["CPUExecutionProvider"])
    x, s = np.zeros((1, INPUTS), np.float32), np.zeros((1, H), np.float32)

    def call(value: float, time: float) -> object:
        nonlocal s
        x[0, 1:] = x[0, :-1]
        x[0, 0] = value
        o, s = session.run(None, {"x": x, "s": s})
        return o

    return call


def _onnx_graph() -> bytes:
    """s' = tanh(x U + s W + b), o = s' V + c, as an ONNX model."""
    onnx: Any = importlib.import_module("onnx")
    make, numbers = onnx.helper, importlib.import_module("onnx.numpy_helper")
    float32 = onnx.TensorProto.FLOAT
    nodes = [
        make.make_node("Gemm", ["x", "U", "b"], ["from_x"]),
        make.make_node("Gemm", ["s", "W", "from_x"], ["z"]),
        make.make_node("Tanh", ["z"], ["s_next"]),
        make.make_node("Gemm", ["s_next", "V", "c"], ["o"]),
    ]

    def tensor(name: str, width: int) -> Any:
        return make.make_tensor_value_info(name, float32, [1, width])

    graph = make.make_graph(
        nodes,
        "elman_step",
        [tensor("x", INPUTS), tensor("s", H)],
        [tensor("o", 1), tensor("s_next", H)],
        [numbers.from_array(array, name) for name, array in vars(_Weights()).items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", _OPSET)], ir_version=8)
    serialized: bytes = model.SerializeToString()
    return serialized
