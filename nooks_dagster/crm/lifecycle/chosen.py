"""What is read of a CRM, and as what: without what the customer leaves out, some of it as tables of its own.

Belongs here: a connector that offers nothing else, and what may not be left out. Does not: the choices themselves
(`crm.lifecycle.options`), what becomes of rows that were read before (`crm.lifecycle.leaving_out`).

It stands around any connector, so that none knows of choices: what is left out is not asked for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.model import Chunk, Extraction, Plan, SourceObject, Usage, Window
from nooks_dagster.crm.promoted import promotion_of
from nooks_dagster.failures import Permanent


class LeftOut(Permanent):
    """The object is not read, because the customer chose so."""


class ChosenConnector:
    """A connector that offers what was chosen. See `nooks_dagster.crm.connector.Connector`.

    Args:
        connector: The CRM.
        options: What was chosen.
    """

    def __init__(self, connector: Connector, options: SyncOptions) -> None:
        self._connector = connector
        self._options = options

    def objects(self) -> Mapping[str, str]:
        """Return the objects that are wanted, each with the canonical object that it is here."""
        found = {name: table for name, table in self._connector.objects().items() if wants(self._options, name)}
        promotions = {name: promotion_of(name) for name in found}
        return {name: promoted.name if (promoted := promotions[name]) else table for name, table in found.items()}

    def describe(self, name: str) -> SourceObject:
        """Return an object with the fields that are wanted.

        Raises:
            LeftOut: It is not wanted.
        """
        if not wants(self._options, name):
            raise LeftOut("It is left out.", subject=name, next_step="`nooks connections set … --with` brings it back.")
        promoted, source = promotion_of(name), self._connector.describe(name)
        return narrowed(promoted.shape(source) if promoted else source, self._options)

    def safe_bound(self, name: str) -> datetime:
        """Return what the connector does."""
        return self._connector.safe_bound(name)

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None) -> Plan:
        """Return what the connector does, for the wanted fields."""
        return self._connector.plan(source, window, resume)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Return what the connector does, for the wanted fields."""
        return self._connector.extract(source, chunk)

    def deleted(self, source: SourceObject, window: Window) -> Sequence[str]:
        """Return what the connector does."""
        return self._connector.deleted(source, window)

    def count(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        """Return what the connector does."""
        return self._connector.count(source, low, high)

    def ids(self, source: SourceObject, low: str | None, high: str | None) -> Iterator[Sequence[str]]:
        """Yield what the connector does."""
        return self._connector.ids(source, low, high)

    def usage(self) -> Usage:
        """Return what the connector does."""
        return self._connector.usage()


def wants(options: SyncOptions, name: str) -> bool:
    """Say whether an object is read."""
    return name not in options.without_objects and (not options.only_objects or name in options.only_objects)


def narrowed(source: SourceObject, options: SyncOptions) -> SourceObject:
    """Return an object without the fields that are left out."""
    out = left_out(source, options)
    return source.with_only([field.name for field in source.fields if field.name not in out]) if out else source


def left_out(source: SourceObject, options: SyncOptions) -> Collection[str]:
    """Return the fields of an object that are not read; what tells its rows apart always is."""
    only, without = _of(source.name, options.only_fields), _of(source.name, options.without_fields)
    names = [field.name for field in source.fields if field.name not in fixed_fields(source)]
    return {name for name in names if _is_named(name, without) or (only and not _is_named(name, only))}


def fixed_fields(source: SourceObject) -> frozenset[str]:
    """Return the fields without which rows cannot be kept: key, stamp, marks and time of deletion, mark of a merge."""
    return frozenset(filter(None, (source.key, source.stamp, source.deleted, source.deleted_at, source.merged_into)))


def object_of(field: str) -> str:
    """Return the object of a field as a person writes it: "Contact" of "Contact.Birthdate"."""
    return field.partition(".")[0]


def _of(source: str, fields: Collection[str]) -> list[str]:
    """Return the chosen fields of one object, without its name."""
    return [field.partition(".")[2] for field in fields if object_of(field) == source]


def _is_named(name: str, chosen: Collection[str]) -> bool:
    """Say whether a field was chosen, or one that it is derived of: `closedate.date` of `closedate`."""
    return any(name == one or name.startswith(f"{one}.") for one in chosen)
