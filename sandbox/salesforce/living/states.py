"""Every state that the rows of an org ever had, which is what a copy of one may be while the org lives.

Belongs here: reading them back from the log. Does not: the last of them (`table`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sandbox.log import Log
from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.living.row import SEEN, UNSEEN, Changed, read_row
from sandbox.salesforce.org import Row

_BLOCK = 2_000  # rows that are put together at once


class States:
    """The states of all rows that something happened to, up to now.

    Args:
        log: The file of what happened.
        living: The org's records.
    """

    def __init__(self, log: Path, living: Living) -> None:
        self._living = living
        self._versions: dict[str, dict[str, list[Changed]]] = defaultdict(lambda: defaultdict(list))
        for entry in Log(log).unseen():
            for name, written in entry.get("rows", ()):
                row = read_row(written)
                self._versions[name][to18(row.id)].append(row)

    def ids(self, name: str) -> Sequence[str]:
        """Return the ids of 18 characters of the rows of an object that something happened to."""
        return sorted(self._versions[name])

    def unshared(self, name: str) -> set[str]:
        """Return the ids of the rows of an object that the API's user could not see for a while."""
        versions = self._versions[name].items()
        return {id18 for id18, row in versions if any(version.state == UNSEEN for version in row)}

    def of(self, name: str, ids: Iterable[str]) -> Mapping[str, Sequence[Row]]:
        """Return the states of some rows, the oldest first, all fields; a state in which it was not there is empty."""
        return {each: self._of(name, each) for each in ids}

    def last(self, name: str) -> Mapping[str, Row]:
        """Return the last state of each row of an object that something happened to, as `of` does."""
        names, table = [field.name for field in self._living.sobject(name).fields], self._living.tables[name]
        found: dict[str, Row] = {}
        ids = self.ids(name)
        for at in range(0, len(ids), _BLOCK):
            versions = [self._versions[name][each][-1] for each in ids[at : at + _BLOCK]]
            rows = zip(*table.columns(versions, names), strict=True)
            for version, row in zip(versions, rows, strict=True):
                found[to18(version.id)] = dict(zip(names, row, strict=True)) if version.state == SEEN else {}
        return found

    def _of(self, name: str, id18: str) -> list[Row]:
        versions, names = self._versions[name][id18], [field.name for field in self._living.sobject(name).fields]
        table = self._living.tables[name]
        handles = [*table.made(versions[0]), *versions]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*table.columns(handles, names), strict=True)]
        unseen = {place for place, each in enumerate(handles) if isinstance(each, Changed) and each.state != SEEN}
        return [{} if place in unseen else row for place, row in enumerate(rows)]
