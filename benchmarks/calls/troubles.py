"""What goes wrong in a troubled measurement: CRM and provider, all the time.

Belongs here: the faults. Does not: killing (the tests and the soak).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.services import Services

CRM_CALLS = "collection"
PROVIDER_CALLS = ["transcriptions", "responses"]
FAULTS: Sequence[Mapping[str, Any]] = (
    {"kind": "item", "probability": 0.05, "seed": 1},
    {"kind": "lost", "calls": CRM_CALLS, "probability": 0.05, "seed": 2, "after_seconds": 2},
    {"kind": "answer", "calls": PROVIDER_CALLS, "status": 500, "body": "json", "probability": 0.01, "seed": 3},
    {"kind": "answer", "calls": PROVIDER_CALLS, "status": 429, "body": "json", "probability": 0.01, "seed": 4},
)
"""5 % of the activities meet a row that is locked, 5 % of the answers are lost after the CRM did it, and 2 % of the
requests to the provider fail."""


@contextmanager
def befallen(where: Services, faults: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Let faults be in force while the block runs."""
    for fault in faults:
        where.control("faults", fault)
    try:
        yield
    finally:
        where.control("faults", method="DELETE")
