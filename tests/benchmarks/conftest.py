"""One small measurement for all tests: it takes its time."""

import pytest

from benchmarks.history import measure
from benchmarks.report import Report

ROWS = 4_000


@pytest.fixture(scope="session")
def report() -> Report:
    """What a measurement of a few thousand rows tells."""
    return measure(ROWS)
