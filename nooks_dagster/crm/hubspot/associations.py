"""The edges of records towards other types, by the associations API: up to 1,000 records a call.

Belongs here: asking, and when "none" is believed. Does not: which types are asked for (`object_types`), what is kept
of an edge (`edges`).

HubSpot names each record that has no edges. One of which an answer says nothing at all is asked for again, and believed
the second time; one that could not be read fails, for no stamp would bring its edges later.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.bodies import Bodies
from nooks_dagster.crm.hubspot.edges import RESULT, Edges, edges_of, tidy
from nooks_dagster.crm.hubspot.session import Reply, Session
from nooks_dagster.failures import Corrupt, Transient

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

MOST_INPUTS = 1_000  # HubSpot's most

_NONE = "OBJECT_NOT_FOUND"  # the category of an error that names a record without edges, or one that is not there

Input = dict[str, str]


class Associations:
    """The edges of one type's records.

    Args:
        session: The portal.
        name: The type.
        associated: The types that its edges lead to.
    """

    def __init__(self, session: Session, name: str, associated: Sequence[str]) -> None:
        self._session = session
        self._name = name
        self._associated = associated
        self._bodies = Bodies(RESULT, tidy, name)

    def of(self, ids: Sequence[str]) -> Mapping[str, Edges]:
        """Return the edges of these records, in their order, by associated type.

        Raises:
            Failure: What the portal answered.
        """
        return {to: self._towards(to, ids) for to in self._associated}

    def _towards(self, to: str, ids: Sequence[str]) -> Edges:
        found: list[pa.StructArray] = []
        inputs: list[Input] = [{"id": record} for record in ids]
        doubted: set[str] = set()
        while inputs:
            asked, inputs = inputs[:MOST_INPUTS], inputs[MOST_INPUTS:]
            reply, results = self._ask(to, asked)
            found.append(results)
            silent = {given["id"] for given in asked} - set(_records(results))
            if silent and (silent := silent - self._without(reply, to) - doubted):
                doubted |= silent
                inputs = [given for given in asked if given["id"] in silent] + inputs
            more = _unfinished(results)
            if any(wanted in asked for wanted in more):
                raise Corrupt(f"The associations with {to} begin again and again.", subject=self._name)
            inputs = more + inputs
        try:
            return edges_of(found, ids)
        except pa.ArrowInvalid:
            raise self._bodies.nonsense() from None

    def _ask(self, to: str, inputs: Sequence[Input]) -> tuple[Reply, pa.StructArray]:
        path = paths.associations(self._name, to)
        body = {"inputs": inputs}
        reply = self._session.post(path, body, kind="associations", about=self._name, family="associations")
        return reply, self._bodies.read(reply.content).results

    def _without(self, reply: Reply, to: str) -> set[str]:
        """Return the records of which an answer says that they have no edges, or are gone.

        Raises:
            Transient: It says that others could not be read.
        """
        try:
            errors: list[dict[str, Any]] = reply.json().get("errors") or []
            if any(error.get("category") != _NONE for error in errors):
                raise Transient(f"HubSpot could not read all associations with {to}.", subject=self._name)
            named = [(error.get("context") or {}).get("fromObjectId") or () for error in errors]
            return {str(record) for records in named for record in records}
        except (TypeError, AttributeError):
            raise self._bodies.nonsense() from None


def _unfinished(results: pa.StructArray) -> list[Input]:
    """Return what to ask for the records that have more edges than came."""
    after = pc.struct_field(results, ["paging", "next", "after"])
    if after.null_count == len(after):
        return []
    return [{"id": record, "after": at} for record, at in zip(_records(results), after.to_pylist(), strict=True) if at]


def _records(results: pa.StructArray) -> list[str]:
    records: list[str] = pc.struct_field(results, ["from", "id"]).to_pylist()
    return records
