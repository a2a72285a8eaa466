"""What the supervisor knows about each service, on disk: for its successor, and for whoever wants to read it.

Belongs here: the record's form, and reading and writing it whole. Does not: act on it.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

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
        digest: Fingerprint of the configuration and the code that it was started with.
        supervisor: The process that keeps it.
        answered: How many requests to look at everything it has met.
        entries: One per service, in order of need.
    """

    digest: str
    supervisor: Process | None = None
    answered: int = 0
    entries: list[Entry] = field(default_factory=list)

    def survivors(self) -> list[Entry]:
        """Return the services that run, whether or not anybody keeps them."""
        return [entry for entry in self.entries if entry.process is not None and entry.process.alive()]

    def write(self, file: Path) -> None:
        """Replace the file as a whole, so that a reader never sees half of it."""
        part = file.with_name(f"{file.name}.part")
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(file)


def read(file: Path) -> Record:
    """Return the record, an empty one if there is none or a crash left an unreadable one.

    It may be another release's: what that did not write has its default, what only that knew is ignored.
    """
    try:
        data = json.loads(file.read_text())
        entries = [_known(Entry, entry | {"process": _process(entry["process"])}) for entry in data["entries"]]
        return _known(Record, data | {"supervisor": _process(data["supervisor"]), "entries": entries})
    except (OSError, ValueError, KeyError, TypeError):
        return Record("")


_Kind = TypeVar("_Kind", Entry, Record)


def _known(kind: type[_Kind], data: dict[str, Any]) -> _Kind:
    return kind(**{one.name: data[one.name] for one in fields(kind) if one.name in data})


def _process(data: dict[str, float] | None) -> Process | None:
    return Process(int(data["pid"]), data["started"]) if data else None
