"""What may happen to the records of an org.

Belongs here: which versions of rows each change makes, as Salesforce stamps them. Does not: which change is next
(`sandbox.life`), what a client sees (`table`).

A user's change moves `LastModifiedDate` and `SystemModstamp`, an automation's only the latter. Deleting, undeleting and
merging move it too. Sharing and formulas move nothing. Stamps are whole seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sandbox.log import Entry
from sandbox.salesforce.ids import of_number, to18, to_number
from sandbox.salesforce.living.overlay import Overlay
from sandbox.salesforce.living.row import PURGED, SEEN, UNSEEN, Changed
from sandbox.salesforce.living.table import LivingTable
from sandbox.salesforce.moments import of_datetime, to_datetime, to_json
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Order, Rectangle
from sandbox.salesforce.table import Table

Values = Mapping[str, JsonValue]

_INSTANCE = "Nk"
"""What the ids of an object share that was made without rows, behind its prefix."""


class Locked(Exception):
    """An open transaction has written to a row: until it ends, nobody else changes the row."""


class Living:
    """The records of one org, and all that may happen to them; each change is durable when it is made.

    Ids are of 15 characters. What changes rows raises `KeyError` if one was never there, and `Locked`.

    Args:
        log: The file of what happens.
        tables: The rows that the org was made of.
        skew: How far the org's clock is behind the machine's.
    """

    def __init__(self, log: Path, tables: Sequence[Table[Any]], skew: timedelta) -> None:
        self._below = below = {table.sobject.name: table for table in tables}
        self.overlay = Overlay(log, self._below)
        self.tables = {name: LivingTable(table, self.overlay) for name, table in self._below.items()}
        self._ends = {name: (_end(table, Order.ID), _end(table, Order.ID_DESCENDING)) for name, table in below.items()}
        self._skew = skew

    def sobject(self, name: str) -> SObjectType:
        """Return what describe says of an object."""
        return self._below[name].sobject

    def steps(self) -> int:
        """Return how many steps the world has made here."""
        with self.overlay.reading():
            return self.overlay.steps

    def clock(self) -> datetime:
        """Return the time by the org's server clock; whoever asks is not kept waiting by writes."""
        with self.overlay.glancing():
            return datetime.now(UTC) - self._skew + timedelta(seconds=self.overlay.offset)

    def advance(self, seconds: float) -> None:
        """Let time pass on the org's clock."""
        with self.overlay.writing():
            self.overlay.commit({"offset": self.overlay.offset + seconds})

    def now(self) -> int:
        """Return the org's clock as stamps have it, in milliseconds of whole seconds."""
        return of_datetime(self.clock()) // 1_000 * 1_000

    def open_since(self) -> list[datetime]:
        """Return the starts of the transactions that are open and told of."""
        with self.overlay.reading():
            return [to_datetime(each.since) for each in self.overlay.open.values() if each.told]

    @contextmanager
    def step(self) -> Iterator[int]:
        """Let all that the block does be one step of the world's, there as a whole or not at all; yield its number."""
        with self.overlay.writing():
            number = self.overlay.steps + 1
            yield number
            self.overlay.commit({"step": number})

    def made(self, name: str, share: float) -> str | None:
        """Return the row at a share of the ids that the object was made with; None if it was made without rows."""
        table = self._below[name]
        first, last = self._ends[name]
        if first is None or last is None:
            return None
        start = of_number(to_number(first) + int((to_number(last) - to_number(first)) * share))
        return table.key(next(table.scan(Rectangle(first=start), Order.ID, deleted=True)))[1]

    def current(self, name: str, id15: str) -> Changed | None:
        """Return a row as it is, whether or not anything ever happened to it; None if it was never there."""
        with self.overlay.reading():
            row = self.overlay.rows[name].get(id15)
        if row is not None:
            return row
        table = self._below[name]
        handle = table.find(id15)
        if handle is None:
            return None
        stamp, deleted = table.key(handle)[0], bool(table.columns([handle], ["IsDeleted"])[0][0])
        return Changed(id15, id15, stamp, deleted, (stamp, deleted))

    def new_id(self, name: str, beyond: str = "") -> str:
        """Return an id behind all that the object has, and behind one more."""
        sobject, (_, end) = self.sobject(name), self._ends[name]
        last = max(
            end or f"{sobject.key_prefix}{_INSTANCE}".ljust(15, "0"), self.overlay.greatest.get(name, ""), beyond
        )
        return of_number(to_number(last) + 1)

    def write(self, rows: Sequence[tuple[str, Changed]], marks: Mapping[str, list[Any]]) -> None:
        """Let rows of some objects, each with its object's name, be as they are given, and marks be there with them."""
        with self.overlay.writing():
            self.overlay.commit({"rows": [[name, row.written()] for name, row in rows], "marks": dict(marks)})

    def insert(self, name: str, like: str, values: Values, transaction: int | None = None) -> str:
        """Make a row that has its values, or else those of another; return its id."""
        with self.overlay.writing():
            now = self._now(transaction)
            below = self._there(name, like)
            id15 = self.new_id(name)
            fixed: Values = {"Id": to18(id15), "CreatedDate": to_json(now), "LastModifiedDate": to_json(now)}
            own = {**below.values, **values, "MasterRecordId": None, **fixed}
            # What a client made has no row below: who is like it has none either, and is not the client's.
            self._write(name, [Changed(id15, below.like or like, now, False, None, SEEN, own)], transaction)
            return id15

    def edit(
        self, name: str, ids: Sequence[str], values: Values, transaction: int | None = None, *, automated: bool = False
    ) -> None:
        """Change rows, as a user or as an automation does."""
        with self.overlay.writing():
            now = self._now(transaction)
            more = {} if automated else {"LastModifiedDate": to_json(now)}
            self._write(
                name,
                [self._changed(row, now, {**values, **more}) for row in self._all(name, ids, transaction)],
                transaction,
            )

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Move rows to the recycle bin."""
        with self.overlay.writing():
            now = self._now()
            self._write(name, [replace(self._changed(row, now, {}), deleted=True) for row in self._all(name, ids)])

    def undelete(self, name: str, ids: Sequence[str]) -> None:
        """Take rows out of the recycle bin; one that was merged away is a row of its own again."""
        with self.overlay.writing():
            now, values = self._now(), {"MasterRecordId": None}
            self._write(name, [replace(self._changed(row, now, values), deleted=False) for row in self._all(name, ids)])

    def purge(self, name: str, ids: Sequence[str]) -> None:
        """Remove rows for good: from the recycle bin, or past it. Only `getDeleted` tells of them."""
        with self.overlay.writing():
            now, rows = self._now(), self._all(name, ids)
            stamped = [row if row.deleted else replace(row, stamp=now, deleted=True) for row in rows]
            self._write(name, [replace(row, state=PURGED, values={}) for row in stamped])

    def merge(self, name: str, winner: str, losers: Sequence[str]) -> None:
        """Merge up to two rows into a third; what hangs on them stays where it is."""
        with self.overlay.writing():
            now = self._now()
            lost = {"MasterRecordId": to18(winner)}
            gone = [replace(self._changed(row, now, lost), deleted=True) for row in self._all(name, losers)]
            (there,) = self._all(name, [winner])
            won = self._changed(there, now, {"LastModifiedDate": to_json(now)})
            self._write(name, [*gone, won])

    def share(self, name: str, ids: Sequence[str], *, seen: bool) -> None:
        """Take the API's user the access to rows, or give it back. No stamp moves."""
        with self.overlay.writing():
            self._write(name, [replace(row, state=SEEN if seen else UNSEEN) for row in self._all(name, ids)])

    def recalculate(self, name: str, ids: Sequence[str], values: Values) -> None:
        """Let formulas have other values, since a record that they look at has changed. No stamp moves."""
        with self.overlay.writing():
            rows = [replace(row, values={**row.values, **values}) for row in self._all(name, ids)]
            self._write(name, rows)

    def begin(self, *, told: bool = True, until: int = 0) -> int:
        """Begin a transaction: what is written in it has the stamp of now, and is not seen before its end.

        Args:
            told: Whether `latestDateCovered` waits for it.
            until: The step of the world with which it is to end.
        """
        with self.overlay.writing():
            number = self.overlay.transactions + 1
            self.overlay.commit({"begin": number, "since": self._now(), "told": told, "until": until})
            return number

    def end(self, transaction: int) -> None:
        """Commit a transaction."""
        with self.overlay.writing():
            self.overlay.commit({"end": transaction})

    def live(self, name: str, count: int, start: float = 0.0) -> list[str]:
        """Return so many of the rows that the object was made with, live still, from a share of their ids on."""
        table = self.tables[name]
        first = self.made(name, start) or ""
        rows = table.scan(Rectangle(first=first), Order.ID, deleted=False)
        return [table.key(handle)[1] for handle in islice(rows, count)]

    def changed(self, name: str, share: float, wanted: Callable[[Changed], bool]) -> str | None:
        """Return a row that something happened to and that is as wanted: the first from a share of all of them on."""
        with self.overlay.reading():
            return next((row.id for row in self.overlay.rows[name].around(share) if wanted(row)), None)

    def _write(self, name: str, rows: Sequence[Changed], transaction: int | None = None) -> None:
        entry: Entry = {"rows": [[name, row.written()] for row in rows]}
        self.overlay.commit(entry if transaction is None else {**entry, "within": transaction})

    def _now(self, transaction: int | None = None) -> int:
        """Return the stamp of a change: of now, or of the beginning of the transaction that it is part of."""
        return self.now() if transaction is None else self.overlay.open[transaction].since

    def _changed(self, row: Changed, now: int, values: Values) -> Changed:
        return replace(row, stamp=max(now, row.stamp), values={**row.values, **values})

    def _all(self, name: str, ids: Sequence[str], transaction: int | None = None) -> list[Changed]:
        """Return rows that are to be changed, as whoever changes them sees them."""
        return [self._mine(name, id15, transaction) for id15 in ids]

    def _mine(self, name: str, id15: str, transaction: int | None) -> Changed:
        holder = self.overlay.holder(id15)
        if holder is None:
            return self._there(name, id15)
        pending = self.overlay.pending(holder, id15)
        if holder != transaction or pending is None:
            raise Locked(id15)
        return pending

    def _there(self, name: str, id15: str) -> Changed:
        row = self.current(name, id15)
        if row is None:
            raise KeyError(id15)
        return row


def _end(table: Table[Any], order: Order) -> str | None:
    """Return the least or the greatest id of an object."""
    return next((table.key(handle)[1] for handle in table.scan(Rectangle(), order, deleted=True)), None)
