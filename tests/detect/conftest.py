"""Compiling takes seconds and happens inside whichever example comes first: no deadlines."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
