"""Faults in force in the sandbox process of a room, which is its fixture `sandbox`, until the test ends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.process import Sandbox


@pytest.fixture
def fault(sandbox: Sandbox) -> Iterator[Callable[..., int]]:
    """Put a fault in force in the sandbox, for this test."""

    def add(kind: str, **words: Any) -> int:
        reply = sandbox.control("/control/faults", "POST", {"kind": kind, **words})
        assert reply.status_code == 201, reply.text
        return int(reply.json()["id"])

    yield add
    sandbox.control("/control/faults", "DELETE")


@pytest.fixture
def struck(sandbox: Sandbox) -> Callable[[int], int]:
    """How often a fault struck."""

    def struck(number: int) -> int:
        listed = sandbox.control("/control/faults").json()
        return next(int(item["struck"]) for item in listed if item["id"] == number)

    return struck
