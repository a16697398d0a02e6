"""Readings -> decisions -> events. Numpy and compiled kernels; no clock, no I/O, no threads.

recipe        the constants of the method, in one place
layout        where a stream's state lies
advance       the compiled step: judge, then learn; composed of
                timing    late, duplicate, gap; the learned interval
                blocks    the coarse channel's steps
                network   forecast and online learning
                channel   residual -> surprise -> likelihood
                verdict   scale, residual, band
                linear    a forecast by least squares beside the network's
                shapes    windows of the past that are like the last one
                level     of late, against the usual one
                evidence  all of it weighed into one score
                record_values  the highest and lowest of what moves slowly
                alarm     when to call somebody
                hours     at which hours of the day somebody was called before
                habits    what the stream is used to, and by how much it goes beyond it
                fault     an anomaly while it lasts: not learned, named, accepted in the end
                kinds     what it looks like
                rescaled  the last readings in one scale, to see that
bank          all streams' models; composed of
                row_settings  the settings inside a row
                devices       which streams share an alarm
                jobs          retraining under way
                attendance    who has not been heard for how long
                stored        the bank as arrays, for a checkpoint
decisions     what the bank says
retrain       challenger against champion
events        decisions -> events; composed of
                incidents  all that is open
                anomaly    one stream's part of it
                incident   what is told as one: the anomalies of a device
                silence    streams that have fallen silent
                quiet      snoozed, or cooling down
                report     the event of a step
                sentence   its message
                device     what a stream is part of
                topics     the names of a gateway's MQTT topics
arrays_file   arrays <-> the bytes of a checkpoint
detector      the public one-stream API
"""

from streamrnn.detect.bank import Bank
from streamrnn.detect.decisions import BankStatus, Decisions
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
