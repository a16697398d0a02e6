"""Columns of a table of readings, one reading in a row: what `advance` reads, and what it writes,
see `decisions`.
"""

from __future__ import annotations

(
    SLOT,
    VALUE_IN,
    TIME_IN,
    OUTCOME,
    SCORE_OUT,
    KIND,
    YHAT_OUT,
    LOWER_OUT,
    UPPER_OUT,
    TRUST,
    ACCEPTED,
    COLUMNS,
) = range(12)
