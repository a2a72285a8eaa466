"""Promoted objects: custom objects of a CRM that have a table of their own, by one file in `crm/objects`.

Belongs here: what such a file declares, finding the files, and what an object becomes by one. Does not: the table
(`crm.rows.tables`), what becomes of rows that lay among the custom objects (`crm.lifecycle.moving`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from nooks_dagster.crm import objects
from nooks_dagster.crm.model import FieldType, SourceObject

_NAME = re.compile(r"[a-z][a-z0-9_]{0,20}")  # 21 letters: a partition's name has room for 63 bytes


@dataclass(frozen=True, slots=True)
class Promoted:
    """A custom object with a table of its own.

    Attributes:
        name: Of the table and its assets, such as "subscriptions".
        about: One sentence that says what a row is.
        columns: Its typed columns; what a source has beyond them is kept in `properties`.
        sources: The objects that its rows come from, by the CRM's name, each with the field of each column it fills.
            A field of another type than its column's stays in `properties`; a whole number fits a NUMBER too.
    """

    name: str
    about: str
    columns: Mapping[str, FieldType]
    sources: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} cannot be a table's: up to 21 of a-z, 0-9 and _, a letter first.")
        for source, fields in self.sources.items():
            if strange := sorted(fields.keys() - self.columns.keys()):
                raise ValueError(f"{self.name}: {source} fills {strange[0]!r}, which is none of its columns.")

    def shape(self, source: SourceObject) -> SourceObject:
        """Return a source object as one of this table's, with the columns that it fills."""
        types = {field.name: field.type for field in source.fields}
        wanted = {**source.columns, **self.sources[source.name]}
        fits = {
            column: field
            for column, field in wanted.items()
            if column not in self.columns or (field in types and types[field].fits(self.columns[column]))
        }
        kept = {column: field for column, field in fits.items() if column in self.columns or column in _TIMES}
        return replace(source, canonical=self.name, columns=kept)


_TIMES = ("source_created_at", "source_modified_at")


@cache
def promoted_objects() -> tuple[Promoted, ...]:
    """Return what the files declare, by name.

    Raises:
        ValueError: Two of them want the same name or source.
    """
    modules = [import_module(f"{objects.__name__}.{found.name}") for found in iter_modules(objects.__path__)]
    declared = [one for module in modules for one in vars(module).values() if isinstance(one, Promoted)]
    for names in ([one.name for one in declared], [source for one in declared for source in one.sources]):
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"{min(twice)} is declared twice in {objects.__name__}.")
    return tuple(sorted(declared, key=lambda one: one.name))


def promotion_of(source: str) -> Promoted | None:
    """Return the declaration that an object of a CRM falls under, if there is one."""
    return next((one for one in promoted_objects() if source in one.sources), None)
