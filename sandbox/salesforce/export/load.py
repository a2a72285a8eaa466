"""A folder of CSV files into one SQLite file, whole or not at all.

Belongs here: ids, the five fields that every object must have, the layout of the file.
Does not: answering from it (`sandbox.salesforce.export.table`).

Texts are kept as they are. Only what every row of Salesforce has is filled in where an export lacks it: IsDeleted is
false, and a missing SystemModstamp, LastModifiedDate or CreatedDate is the nearest of the other two; if there is none,
an hour before the file was last written, so that a newer export has newer stamps and none lies in the org's future.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from sandbox import durable
from sandbox.salesforce.export.columns import STANDARD, Column, describe, empty_object
from sandbox.salesforce.export.files import ExportFile, csv_files
from sandbox.salesforce.export.values import fits
from sandbox.salesforce.ids import to15
from sandbox.salesforce.moments import milliseconds, to_json
from sandbox.salesforce.org import SObjectType

_STAMPS = {
    "SystemModstamp": ("LastModifiedDate", "CreatedDate"),
    "LastModifiedDate": ("SystemModstamp", "CreatedDate"),
    "CreatedDate": ("LastModifiedDate", "SystemModstamp"),
}
_HOUR = 3_600_000  # milliseconds


def load(folder: Path, target: Path) -> None:
    """Make or replace a file of records.

    Raises:
        ValueError: Something in the folder cannot be loaded; the sentence names file and line. `target` is untouched.
    """
    made = target.with_name(f".loading-{target.name}")
    made.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(made)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # nobody reads it before the rename
            _load_all(csv_files(folder), database)
            database.commit()
        durable.replace(made, target)
    finally:
        made.unlink(missing_ok=True)


def _load_all(files: Sequence[Path], database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE sobjects (position INTEGER PRIMARY KEY, description TEXT, stored TEXT)")
    loaded = [_Loader(ExportFile(path), position, database).load() for position, path in enumerate(files)]
    names = {sobject.name for sobject, _ in loaded}
    for standard in STANDARD.values():
        if standard.name not in names:
            sobject = empty_object(standard)
            _create(database, len(loaded), len(sobject.fields))
            loaded.append((sobject, [field.name for field in sobject.fields]))
    rows = [
        (position, json.dumps(asdict(sobject)), json.dumps(stored)) for position, (sobject, stored) in enumerate(loaded)
    ]
    database.executemany("INSERT INTO sobjects VALUES (?, ?, ?)", rows)


def _create(database: sqlite3.Connection, position: int, width: int) -> None:
    """Make the table of one object; columns are numbered, as names may be any SQL word."""
    texts = ", ".join(f"t{place} TEXT" for place in range(width))
    database.execute(
        f"CREATE TABLE rows{position} (id TEXT PRIMARY KEY, stamp INTEGER, deleted INTEGER, {texts}) WITHOUT ROWID"
    )
    database.execute(f"CREATE INDEX stamps{position} ON rows{position} (stamp, id)")


class _Loader:
    """One file on its way into one table."""

    def __init__(self, file: ExportFile, position: int, database: sqlite3.Connection) -> None:
        self._file, self._position, self._database = file, position, database
        name = file.path.stem
        self._name = STANDARD[name.lower()].name if name.lower() in STANDARD else name
        self._columns = [Column(self._name, header) for header in file.header]
        given = {column.name for column in self._columns}
        self._columns += [Column(self._name, field) for field in ("IsDeleted", *_STAMPS) if field not in given]
        self._places = {column.name: place for place, column in enumerate(self._columns)}
        self._written = int(file.path.stat().st_mtime) * 1_000
        self._prefix = ""

    def load(self) -> tuple[SObjectType, list[str]]:
        """Store every row; return what describe will say, and the order in which the texts of a row are stored."""
        _create(self._database, self._position, len(self._columns))
        padding = [""] * (len(self._columns) - len(self._file.header))
        for line, row in self._file.rows():
            self._store(line, row + padding)
        return describe(self._name, self._prefix, self._columns), [column.name for column in self._columns]

    def _store(self, line: int, row: list[str]) -> None:
        id15 = self._id(line, row)
        stamp = self._complete(line, row)
        deleted = row[self._places["IsDeleted"]].lower() in ("true", "1")
        for column, text in zip(self._columns, row, strict=True):
            column.see(text)
        marks = ", ".join("?" * (len(row) + 3))
        try:
            self._database.execute(
                f"INSERT INTO rows{self._position} VALUES ({marks})",  # noqa: S608 # numbers and marks only
                (id15, stamp, deleted, *row),
            )
        except sqlite3.IntegrityError:
            raise self._file.complaint(line, f"the id {id15} appears a second time") from None

    def _id(self, line: int, row: list[str]) -> str:
        text = row[self._places["Id"]]
        id15 = to15(text)
        if id15 is None:
            raise self._file.complaint(line, f"'{text}' is no Salesforce id of 15 or 18 characters")
        self._prefix = self._prefix or id15[:3]
        if id15[:3] != self._prefix:
            raise self._file.complaint(line, f"the id {id15} is of another object than those above ({self._prefix})")
        return id15

    def _complete(self, line: int, row: list[str]) -> int:
        """Fill in what every row must have; return the stamp in milliseconds."""
        given = {name: row[self._places[name]] for name in ("IsDeleted", *_STAMPS)}
        for name, text in given.items():
            if text and not fits(_kind(name), text):
                raise self._file.complaint(line, f"{name} is '{text}', which is no {_kind(name)}")
        row[self._places["IsDeleted"]] = given["IsDeleted"] or "false"
        for name, others in _STAMPS.items():
            nearest = next((given[other] for other in (name, *others) if given[other]), None)
            row[self._places[name]] = nearest or to_json(self._written - _HOUR)
        return milliseconds(row[self._places["SystemModstamp"]]) or 0


def _kind(name: str) -> str:
    return "boolean" if name == "IsDeleted" else "datetime"
