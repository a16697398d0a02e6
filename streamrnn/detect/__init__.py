"""Readings -> decisions -> events. Numpy and compiled kernels; no clock, no I/O, no threads.

recipe        the constants of the method, in one place
layout        where a stream's state lies
advance       the compiled step: judge, then learn; composed of
                timing    late, duplicate, gap; the learned interval
                blocks    the coarse channel's steps
                network   forecast and online learning
                channel   residual -> surprise -> score -> alarm
                extent    the range channel
                verdict   scale, residual, band, and what the channels say together
bank          all streams' models
retrain       challenger against champion
events        decisions -> events; composed of
                anomaly   the life of one
                sentence  its message
                topics    the names of a gateway's MQTT topics
arrays_file   arrays <-> the bytes of a checkpoint
detector      the public one-stream API
"""

from streamrnn.detect.bank import Bank, BankStatus, Decisions
from streamrnn.detect.events import EventTracker
from streamrnn.detect.retrain import (
    History,
    InlineRetrainer,
    Retrainer,
    TrainingJob,
    TrainingResult,
    train,
)

__all__ = [
    "Bank",
    "BankStatus",
    "Decisions",
    "EventTracker",
    "History",
    "InlineRetrainer",
    "Retrainer",
    "TrainingJob",
    "TrainingResult",
    "train",
]
