"""Logging calls in HubSpot: an upsert by a unique property, up to 100 a request, then their associations.

Belongs here: the order of requests, and what is known of each call between them. Does not: properties (`call_records`),
associations (`call_links`), what an answer says of one input (`batch_results`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nooks_dagster.crm.activities import Activity, AgainstRule, Answer, Constants, NotSetUp, Readiness, Refused, Written
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.batch_results import faults, refused, written
from nooks_dagster.crm.hubspot.call_links import CallLinks
from nooks_dagster.crm.hubspot.call_records import CALLS, KEY, MAKE_PROPERTY, NEEDED, OWNER, properties
from nooks_dagster.crm.hubspot.constants import typed
from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Corrupt, Failure, Permanent, Transient

MOST = 100  # HubSpot's most
_GRANT_WRITE = "Give the app the scope crm.objects.contacts.write, which calls go by."
SENDS = 2  # a token may have died; whatever else happens, the caller's backlog waits better than a thread


@dataclass(frozen=True, slots=True)
class _Sent:
    """What came of calls, by their keys: the ids of their records, why there are none, and which properties were it.

    `ownerless` are those whose owner was not taken.
    """

    made: dict[str, str]
    failed: dict[str, Failure]
    faults: Mapping[str, frozenset[str]]
    ownerless: frozenset[str] = frozenset()


class HubSpotWriter:
    """One portal. See `nooks_dagster.crm.activities.ActivityWriter`.

    Args:
        session: The line to the portal.
        subject: The connection, named in failures.
        constants: What every call holds beside itself, by property.
    """

    most = MOST

    def __init__(self, session: Session, subject: str, constants: Constants | None = None) -> None:
        self._session = session
        self._subject = subject
        self._constants = constants or {}
        self._links = CallLinks(session, subject, SENDS)
        self._ready = False

    def look(self) -> Readiness:
        """Read the properties of calls."""
        try:
            found = self._listed().get(KEY)
        except Permanent as no:
            return Readiness(ready=False, advice=f"{no.what} {no.next_step}")
        if found is None:
            return Readiness(ready=False, advice=f"Calls have no property {KEY}: {MAKE_PROPERTY}.")
        if not found.get("hasUniqueValue"):
            advice = f"The property {KEY} of calls is not unique: delete it, and make it anew: {MAKE_PROPERTY}."
            return Readiness(ready=False, advice=advice)
        return Readiness(ready=True)

    def typed(self, chosen: Mapping[str, str]) -> Constants:
        """Check constants against the properties of calls."""
        listed = self._listed()
        return {name: typed(name, text, listed.get(name), self._subject) for name, text in chosen.items()}

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Upsert the calls that are not there, take back links that hold no more, and make those that do."""
        self._check()
        records = {one.key: one.record for one in activities if one.record}
        sent = self._upsert([one for one in activities if not one.record])
        records |= sent.made
        links = {records[one.key]: one.links for one in activities if one.key in records}
        former = {records[one.key]: (one.before, one.links) for one in activities if one.key in records}
        # An id that was merged away leads to the record that is wanted now: so that is linked last.
        unlinked = {**self._links.remove(former), **self._links.make(links)}
        return [self._answer(one.key, records.get(one.key, ""), sent, unlinked) for one in activities]

    def usage(self) -> Usage:
        """Return the calls of this writer's session."""
        return self._session.usage()

    def _listed(self) -> Mapping[str, Mapping[str, Any]]:
        try:
            body = self._session.get(paths.properties(CALLS), kind="describe", about=CALLS, tries=SENDS).json()
            return {str(one["name"]): one for one in body["results"]}
        except (TypeError, LookupError):
            raise Corrupt("The properties of calls make no sense.", subject=self._subject) from None

    def _check(self) -> None:
        if not self._ready:
            readiness = self.look()
            if not readiness.ready:
                raise self._not_set_up(readiness.advice)
            self._ready = True

    def _upsert(self, activities: Sequence[Activity]) -> _Sent:
        """Write calls; one that is refused is sent again without the properties that were named, or its owner."""
        if not activities:
            return _Sent({}, {}, {})
        values = {one.key: properties(one, self._constants) for one in activities}
        sent = self._send(values)
        again = {
            key: less
            for key, why in sent.failed.items()
            if isinstance(why, AgainstRule) and (less := _without(values[key], sent.faults.get(key, frozenset())))
        }
        if not again:
            return sent
        last = self._send(again)
        failed = {key: why for key, why in sent.failed.items() if key not in again} | last.failed
        ownerless = frozenset(key for key, less in again.items() if OWNER in values[key].keys() - less.keys())
        return _Sent(sent.made | last.made, failed, last.faults, ownerless)

    def _send(self, values: Mapping[str, Mapping[str, str]]) -> _Sent:
        inputs = [_input(key, given) for key, given in values.items()]
        try:
            body = self._posted({"inputs": inputs})
        except (Permanent, AgainstRule) as wrong:
            if len(values) > 1:  # the caller sends less of them at once
                raise Permanent(wrong.what, subject=wrong.subject, next_step=wrong.next_step) from None
            rule = AgainstRule(wrong.what, subject=wrong.subject, next_step=wrong.next_step)
            return _Sent({}, {key: rule for key in values}, {})  # noqa: C420 - of the type of values
        made = {key: record for key, record in written(body, KEY, self._subject).items() if key in values}
        told = refused(body, self._subject)
        silent = Transient("HubSpot's answer says nothing of the call.", subject=self._subject)
        return _Sent(made, {key: told.get(key, silent) for key in values if key not in made}, faults(body))

    def _posted(self, body: Any) -> Any:
        try:
            return self._session.post(paths.batch_upsert(CALLS), body, kind="write", about=CALLS, tries=SENDS).json()
        except NotReadable as no:
            raise self._not_set_up(f"{no.what} {_GRANT_WRITE}") from None
        except Permanent:  # of all of them: the property may be gone since it was looked at
            self._ready = False
            self._check()
            raise

    def _not_set_up(self, advice: str) -> NotSetUp:
        return NotSetUp("Calls cannot be logged.", subject=self._subject, next_step=advice)

    def _answer(self, key: str, record: str, sent: _Sent, unlinked: Mapping[str, Failure]) -> Answer:
        if failed := sent.failed.get(key) or unlinked.get(record):
            return Refused(failed, record, CALLS if record else "")
        return Written(record, CALLS, frozenset(["owner"] if key in sent.ownerless else []))


def _input(key: str, values: Mapping[str, str]) -> Mapping[str, Any]:
    # With a trace each input succeeds or fails alone.
    return {"idProperty": KEY, "id": key, "objectWriteTraceId": key, "properties": values}


def _without(values: Mapping[str, str], named: frozenset[str]) -> Mapping[str, str]:
    """Return the properties of a call that was refused without those to blame; none if it cannot do without them."""
    out = named or {OWNER}
    return {} if out & NEEDED or not out & values.keys() else {k: v for k, v in values.items() if k not in out}
