"""What the supervisor knows about each service, on disk: for its successor, and for whoever wants to read it.

Belongs here: the record's form, and reading and writing it whole. Does not: act on it.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from nooks_dagster.local.processes import Process

State = Literal["waiting", "starting", "well", "done", "ailing", "stopped"]


@dataclass(slots=True)
class Entry:
    """One service.

    Attributes:
        name: Its name, as in `Service`.
        title: What a person reads.
        state: `waiting` for what it needs or for its next try; `ailing` when it runs without proof of health.
        process: The process, if it runs.
        starts: How often it was started since the supervisor began.
        adopted: It was running already when the supervisor began.
        problem: One sentence, "" when there is none.
    """

    name: str
    title: str
    state: State = "waiting"
    process: Process | None = None
    starts: int = 0
    adopted: bool = False
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Tell whether it is as it should be."""
        return self.state in ("well", "done")


@dataclass(slots=True)
class Record:
    """The whole stack.

    Attributes:
        digest: Fingerprint of the configuration that it was started with.
        supervisor: The process that keeps it.
        answered: How many requests to look at everything it has met.
        entries: One per service, in order of need.
    """

    digest: str
    supervisor: Process | None = None
    answered: int = 0
    entries: list[Entry] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """Replace the file as a whole, so that a reader never sees half of it."""
        part = file.with_name(f"{file.name}.part")
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(file)


def read(file: Path) -> Record:
    """Return the record, an empty one if there is none or a crash left an unreadable one."""
    try:
        data = json.loads(file.read_text())
        entries = [Entry(**{**entry, "process": _process(entry["process"])}) for entry in data["entries"]]
        return Record(data["digest"], _process(data["supervisor"]), data["answered"], entries)
    except (OSError, ValueError, KeyError, TypeError):
        return Record("")


def _process(data: dict[str, float] | None) -> Process | None:
    return Process(int(data["pid"]), data["started"]) if data else None
