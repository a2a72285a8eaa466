"""The dialer of a measurement, in a process of its own, and what it says should have come of its calls.

Belongs here: starting it, its report, the truth. Does not: what it sends (the sandbox).
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.calls.house import House
from benchmarks.services import PROJECT
from nooks_dagster.failures import Permanent


@dataclass(frozen=True, slots=True)
class Load:
    """What is dialed: calls a second, for so many seconds, of so many seconds each; `mix` are more kinds of call."""

    rate: float
    seconds: float
    length: float = 8.0
    pool: int = 64
    mix: Sequence[str] = ()

    @property
    def calls(self) -> int:
        """Return how many calls are sent."""
        return max(1, round(self.rate * self.seconds))


@contextmanager
def dialing(house: House, load: Load) -> Iterator["subprocess.Popen[bytes]"]:
    """Dial while the block runs; the process ends by itself when all calls are answered."""
    signed = [word for one in house.keys for word in ("--key", one.key, "--secret", one.secret, "--world", "acme")]
    told = {"rate": load.rate, "calls": load.calls, "length": load.length, "pool": load.pool, "seed": 7}
    options = [word for name, value in told.items() for word in (f"--{name}", str(value))]
    kinds = [word for kind in load.mix for word in ("--mix", kind)]
    state = ["--state", str(house.where.folder / "sandbox"), "--to", f"http://127.0.0.1:{house.port}"]
    folder = house.where.folder
    with (folder / "dial.json").open("wb") as output, (folder / "dial.log").open("wb") as errors:
        command = [sys.executable, "-m", "sandbox", "dial", *state, *signed, *options, *kinds]
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=house.where.variables,
            stdout=output,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # it is nobody's run, and shares no cores with them
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(house: House) -> Mapping[str, Any]:
    """Return the dialer's report.

    Raises:
        Permanent: It failed; the message has its last words.
    """
    try:
        found: Mapping[str, Any] = json.loads((house.where.folder / "dial.json").read_text())
    except ValueError:
        last = (house.where.folder / "dial.log").read_text()[-2000:]
        raise Permanent(f"The dialer failed: {last}") from None
    return found


def truth(house: House) -> Mapping[int, str]:
    """Return what should have come of each call that was accepted, by our id."""
    rows = map(json.loads, (house.where.folder / "sandbox" / "calls.jsonl").read_text().splitlines())
    return {row["id"]: row["outcome"] for row in rows if row["id"]}
