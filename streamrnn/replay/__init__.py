"""Recorded files through the daemon's detector: same readings, same names, same events.

recording     a file as columns of readings: which columns, which streams
  table       CSV and Parquet files as pandas tables (extra `backtest`)
  time_column where the time of a row is, and how it is written
player        recordings through bank and event tracker, a batch of rows at a time
scores        every reading with its decision, as CSV
whole_file    an output file appears when it is complete, or not at all

pandas is imported only by what reads and writes tables, inside the functions that do.
"""

from streamrnn.replay.player import Player, Step
from streamrnn.replay.recording import (
    Recording,
    Selection,
    read_recordings,
)
from streamrnn.replay.scores import ScoreFile
from streamrnn.replay.whole_file import whole_file

__all__ = [
    "Player",
    "Recording",
    "ScoreFile",
    "Selection",
    "Step",
    "read_recordings",
    "whole_file",
]
