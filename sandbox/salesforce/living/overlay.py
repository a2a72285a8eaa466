"""Everything that happened to an org's records, as far as the log tells.

Belongs here: turning entries of the log into what they mean; what a transaction keeps back.
Does not: what may happen (`changes`).
"""

from collections.abc import Iterator, KeysView, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.log import Entry, Log
from sandbox.salesforce.living.row import PURGED, Changed, read_row
from sandbox.salesforce.living.rows import Rows
from sandbox.salesforce.table import Table


@dataclass(slots=True)
class Transaction:
    """What was written and is not to be seen before it is committed.

    Args:
        since: When it began, milliseconds.
        told: Whether `latestDateCovered` waits for it.
        until: The step of the world with which it ends, 0 if nobody has said.
        rows: (object, row), in order.
    """

    since: int
    told: bool
    until: int = 0
    rows: list[tuple[str, Changed]] = field(default_factory=list)


class Overlay:
    """The state behind the log.

    Args:
        path: Of the log.
        tables: The rows below, by object.
    """

    def __init__(self, path: Path, tables: Mapping[str, Table[Any]]) -> None:
        self._log = Log(path)
        self.rows = {name: Rows(table) for name, table in tables.items()}
        self.open: dict[int, Transaction] = {}
        self._holders: dict[str, int] = {}
        self.purged: dict[str, list[tuple[str, int]]] = {name: [] for name in tables}
        """Id and moment of each deletion of a row that is in no recycle bin, by object."""
        self.greatest: dict[str, str] = {}
        """The greatest id of an object that something ever happened to."""
        self.marks: dict[str, list[Any]] = {}
        """What came of parts of jobs, by the name of the part: done once, however often they are begun."""
        self.offset = 0.0
        """Seconds that have passed on the org's clock beside those of the machine's."""
        self.transactions = 0
        self.steps = 0

    def reading(self) -> AbstractContextManager[None]:
        """Keep everything as it is while the block looks at it, up to date with what other processes wrote."""
        return self._log.reading(self._take_in)

    def glancing(self) -> AbstractContextManager[None]:
        """Be up to date for the block as in `reading`, but wait for nobody: while somebody writes, as of before."""
        return self._log.glancing(self._take_in)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else write during the block."""
        with self._log.writing(), self.reading():
            yield

    def commit(self, entry: Entry) -> None:
        """Make an entry durable with the end of the block that is writing."""
        self._log.append(entry)
        self._take_in(entry)

    @property
    def moment(self) -> int:
        """The number of the last entry that is known."""
        return self._log.seen

    def held(self) -> KeysView[str]:
        """Return the ids of the rows that open transactions hold; nothing else may happen to them meanwhile."""
        return self._holders.keys()

    def holder(self, id15: str) -> int | None:
        """Return the open transaction that holds a row."""
        return self._holders.get(id15)

    def pending(self, transaction: int, id15: str) -> Changed | None:
        """Return a row as an open transaction has written it last."""
        return next((row for _, row in reversed(self.open[transaction].rows) if row.id == id15), None)

    def _take_in(self, entry: Entry) -> None:
        self.steps = max(self.steps, entry.get("step", 0))
        self.offset = entry.get("offset", self.offset)
        self.marks |= entry.get("marks", {})
        if "begin" in entry:
            self.transactions = number = entry["begin"]
            self.open[number] = Transaction(entry["since"], entry["told"], entry["until"])
        rows = [(name, read_row(written)) for name, written in entry.get("rows", ())]
        for name, row in rows:
            self.greatest[name] = max(self.greatest.get(name, ""), row.id)
        if "within" in entry:
            self.open[entry["within"]].rows += rows
            self._holders |= {row.id: entry["within"] for _, row in rows}
        else:
            self._learn(rows)
        if "end" in entry:
            ended = self.open.pop(entry["end"]).rows
            self._learn(ended)
            for _, row in ended:
                self._holders.pop(row.id, None)

    def _learn(self, rows: Sequence[tuple[str, Changed]]) -> None:
        for name, row in rows:
            self.rows[name].learn(row, self.moment)
            if row.state == PURGED:
                self.purged[name].append((row.id, row.stamp))
