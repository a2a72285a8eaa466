"""What a portal has and the app may read, and what each of it is like.

Belongs here: asking for properties and schemas. Does not: reading what they say (`describe`), whole lists (`lists`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.describe import record_object
from nooks_dagster.crm.hubspot.meanings import NoScope, NotReadable
from nooks_dagster.crm.hubspot.object_types import ASSOCIATED, CUSTOM_OBJECTS, RECORDS, TYPE_IDS
from nooks_dagster.crm.hubspot.session import Reply, Session
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.failures import Corrupt


class Catalog:
    """The types of one portal's records.

    Args:
        session: The portal.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = Lock()
        self._kept: dict[str, Reply] = {}
        self._readable: dict[str, bool] = {}
        self._unscoped: set[str] = set()

    def types(self) -> Mapping[str, str]:
        """Return the readable types, each with its canonical object, those that people wait for first.

        Raises:
            Failure: What the portal answered.
        """
        types = {**RECORDS, **dict.fromkeys(map(_name, self._schemas()), CUSTOM_OBJECTS)}
        return {name: canonical for name, canonical in types.items() if self._look(name)}

    def describe(self, name: str) -> SourceObject:
        """Return a type with its fields as they are now; an answer that was asked for before is used once.

        Raises:
            Permanent: The type does not exist or may not be read.
        """
        with self._lock:
            reply = self._kept.pop(name, None)
        listed = _results((reply or self.ask(name)).json(), name)
        if name in RECORDS:
            return record_object(name, listed, self._readable_ones(ASSOCIATED.get(name, ())))
        schema = next((schema for schema in self._schemas() if _name(schema) == name), {})
        associated = self._readable_ones(_associated(schema))
        return record_object(name, listed, associated, str(schema.get("primaryDisplayProperty") or ""))

    def ask(self, name: str, *, keep: bool = False) -> Reply:
        """Ask for a type's properties, and keep the answer for the next describe.

        Raises:
            Permanent: The type does not exist or may not be read.
        """
        reply = self._session.get(paths.properties(name), kind="describe", about=name)
        with self._lock:
            self._readable[name] = True
            if keep:
                self._kept[name] = reply
        return reply

    @property
    def unscoped(self) -> Collection[str]:
        """The objects that the app lacks a scope for, as far as they were looked at."""
        return self._unscoped

    def note(self, name: str, refused: NotReadable) -> None:
        """Take note that an object may not be read, or is not there."""
        with self._lock:
            self._readable[name] = False
            self._kept.pop(name, None)
            if isinstance(refused, NoScope):
                self._unscoped.add(name)

    def _look(self, name: str) -> bool:
        """Say whether the app may read a type; its properties alone do not tell: e-mails want a scope of their own."""
        try:
            self.ask(name, keep=True)
            self._session.get(paths.objects(name), kind="list", about=name, params=[("limit", "1")])
        except NotReadable as refused:
            self.note(name, refused)
            return False
        return True

    def _readable_ones(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if (self._look(name) if name not in self._readable else self._readable[name])]

    def _schemas(self) -> Iterator[Mapping[str, Any]]:
        try:
            reply = self._session.get(paths.schemas(), kind="describe")
        except NotReadable:
            return
        for schema in sorted(_results(reply.json(), "schemas"), key=_name):
            if not schema.get("archived"):
                yield schema


def _name(schema: Mapping[str, Any]) -> str:
    """Return what a custom type is called: its fully qualified name, which people can read and which never changes."""
    return str(schema.get("fullyQualifiedName") or schema["objectTypeId"])


def _associated(schema: Mapping[str, Any]) -> list[str]:
    """Return the types of those that are asked for which a custom type is associated with, in either direction."""
    edges = schema.get("associations") or ()
    ends = {str(edge.get(end)) for edge in edges for end in ("fromObjectTypeId", "toObjectTypeId")}
    return [name for type_id, name in TYPE_IDS.items() if type_id in ends]


def _results(body: Any, subject: str) -> list[Mapping[str, Any]]:
    try:
        results: list[Mapping[str, Any]] = list(body["results"])
    except (TypeError, LookupError):
        raise Corrupt("The answer is no list.", subject=subject) from None
    return results
