"""Streaming anomaly detection for sensors: one small recurrent network per stream.

Module map (imports point downwards only):

    cli                  commands: run, demo, check-config, discover, replay, bench and more
    demo                 a simulated plant, injected faults and an embedded broker
    replay               recorded files through the same detector
    adapters             the detector as an estimator of river and of scikit-learn
    discover             what a broker has to offer, and settings that take it
    evaluate             detection quality on labelled data
    service              the daemon: loop, MQTT, trainer thread, checkpoints, metrics, HTTP
    ingest               topic + payload bytes -> readings
    detect               readings -> decisions and events (numpy + kernels, no clock)
    simulate             simulated sensors of many characters
    kernels              Numba: recurrent cells, heads, optimisers, running statistics
    config               the settings, validated at birth
    records, errors      what travels between layers; what is raised
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamrnn.errors import ConfigError, InputError, StateError, StreamrnnError
from streamrnn.records import Decision, Kind, Outcome

if TYPE_CHECKING:
    from streamrnn.detect.detector import Detector

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "Decision",
    "Detector",
    "InputError",
    "Kind",
    "Outcome",
    "StateError",
    "StreamrnnError",
]


def __getattr__(name: str) -> Any:
    """`Detector` on first use: it brings Numba along, which `streamrnn --help` can do without."""
    if name == "Detector":
        from streamrnn.detect.detector import Detector

        return Detector
    raise AttributeError(f"module 'streamrnn' has no attribute {name!r}")
