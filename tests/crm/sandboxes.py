"""The sandbox as a process, and this process pointed at it.

Belongs here: starting it, with whatever orgs and portals. Does not: what they are asked (`salesforce.world`,
`hubspot.served_portal`).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nooks_dagster.local import deadline, processes
from tests.sandbox.process import point, variables

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is being served."""

    state: Path
    port: int

    @property
    def variables(self) -> dict[str, str]:
        """What points a process at it."""
        return variables(self.state, self.port)

    def point(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Point this process at it for one test."""
        point(self, monkeypatch)


@contextmanager
def serving_sandbox(folder: Path, *options: str) -> Iterator[Sandbox]:
    """Serve a sandbox on a free port for as long as the block lasts."""
    state, log = folder / "sandbox", folder / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "serve", "--state", str(state), "--port", "0", *options]
    process = processes.start(command, log, cwd=PROJECT)
    try:
        yield Sandbox(state, _port(state / "serving", log))
    finally:
        processes.stop(process, grace=5)


def _port(note: Path, log: Path) -> int:
    for _ in deadline.polls(60):
        if note.exists() and note.read_text().isdigit():
            return int(note.read_text())
    raise AssertionError(f"The sandbox did not start:\n{log.read_text(errors='replace')[-2000:]}")
