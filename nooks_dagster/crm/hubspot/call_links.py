"""Whom a logged call belongs to: associations towards contacts, leads, companies and deals, by batches.

Belongs here: making and removing them, and the type of each. Does not: the calls themselves (`writing`).

An association that is there already is made again without harm. Towards a type that the app may not touch, or that the
portal links with no calls, there are none: calls are logged all the same.

HubSpot refuses a whole batch for one record that is not there. So after a refusal the records are looked up, and the
associations with those that are there are made again, by halves if that is refused too.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nooks_dagster.crm.activities import Links
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.batch_results import errors_in, failure, ids_in, missing, results_in
from nooks_dagster.crm.hubspot.call_records import CALLS
from nooks_dagster.crm.hubspot.meanings import NoScope, NotReadable
from nooks_dagster.crm.hubspot.session import ASSOCIATIONS, Session
from nooks_dagster.failures import Failure, Permanent, Transient

log = logging.getLogger(__name__)

_TYPES: Mapping[str, int] = {"contacts": 194, "companies": 182, "deals": 206}  # of every portal
_DEFINED = "HUBSPOT_DEFINED"
_OTHERS: Mapping[str, Callable[[Links], str]] = {
    "contacts": lambda links: links.contact,
    "leads": lambda links: links.lead,
    "companies": lambda links: links.account,
    "deals": lambda links: links.opportunity,
}

Pair = tuple[str, str]
"""The ids of a call and of what it is linked with."""


class CallLinks:
    """The associations of one portal's calls.

    Args:
        session: The portal.
        subject: The connection, named in failures.
        sends: How often a request may be sent.
    """

    def __init__(self, session: Session, subject: str, sends: int) -> None:
        self._session = session
        self._subject = subject
        self._sends = sends
        self._types = dict(_TYPES)

    def make(self, calls: Mapping[str, Links]) -> Mapping[str, Failure]:
        """Link calls, by their ids; return those of which a link is missing, and why.

        A link to what is not there any more is none.
        """
        failed: dict[str, Failure] = {}
        for to, other in _OTHERS.items():
            if pairs := [(call, found) for call, links in calls.items() if (found := other(links))]:
                failed |= self._linked(to, pairs)
        return failed

    def remove(self, calls: Mapping[str, tuple[Links, Links]]) -> Mapping[str, Failure]:
        """Take back what calls, by their ids, were linked with before and are no more; return those that keep it."""
        failed: dict[str, Failure] = {}
        for to, other in _OTHERS.items():
            ends = [(call, other(before), other(now)) for call, (before, now) in calls.items()]
            if inputs := [_gone(call, was) for call, was, is_ in ends if was and was != is_]:
                failed |= self._removed(to, inputs)
        return failed

    def _removed(self, to: str, inputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Failure]:
        path, about = paths.dissociate(CALLS, to), f"{CALLS} to {to}"
        try:
            self._session.post(
                path, {"inputs": inputs}, kind="write", about=about, family=ASSOCIATIONS, tries=self._sends
            )
        except NotReadable as no:
            log.warning("%s leaves calls linked with their former %s: %s", self._subject, to, no.what)
        except Failure as failed:
            return {one["from"]["id"]: failed for one in inputs}
        return {}

    def _linked(self, to: str, pairs: Sequence[Pair]) -> Mapping[str, Failure]:
        try:
            return self._made(to, self._type(to), pairs)
        except NotReadable as no:
            log.warning("%s logs calls without their %s: %s", self._subject, to, no.what)
            return {}
        except Failure as failed:
            return dict.fromkeys((call for call, _ in pairs), failed)

    def _made(self, to: str, kind: int, pairs: Sequence[Pair], *, looked: bool = False) -> Mapping[str, Failure]:
        """Link calls; refused together they go again without what is not there, or if all is there, by halves."""
        try:
            return self._sent(to, kind, pairs)
        except NoScope:
            raise
        except Permanent as wrong:
            there = pairs if looked else self._there(to, pairs)
            if len(there) == len(pairs) and isinstance(wrong, NotReadable) and not looked:
                raise  # it is the type that is not there
            if len(there) == len(pairs) == 1:
                return {} if isinstance(wrong, NotReadable) else {pairs[0][0]: wrong}
        middle = len(there) // 2 if len(there) == len(pairs) else 0
        parts = (part for part in (there[:middle], there[middle:]) if part)
        failed = (self._made(to, kind, part, looked=True) for part in parts)
        return {call: failure for one in failed for call, failure in one.items()}

    def _sent(self, to: str, kind: int, pairs: Sequence[Pair]) -> Mapping[str, Failure]:
        body = {"inputs": [_input(pair, kind) for pair in pairs]}
        path, about = paths.associate(CALLS, to), f"{CALLS} to {to}"
        reply = self._session.post(path, body, kind="write", about=about, family=ASSOCIATIONS, tries=self._sends)
        return self._left(reply.json(), to, pairs)

    def _there(self, to: str, pairs: Sequence[Pair]) -> Sequence[Pair]:
        """Return the pairs whose other end is there, and not archived."""
        body = {"inputs": [{"id": other} for other in dict.fromkeys(other for _, other in pairs)]}
        reply = self._session.post(paths.batch_read(to), body, kind="read", about=to, tries=self._sends)
        there = {str(one.get("id")) for one in results_in(reply.json())}
        return [pair for pair in pairs if pair[1] in there]

    def _left(self, body: Any, to: str, pairs: Iterable[Pair]) -> Mapping[str, Failure]:
        """Return the calls that an answer leaves without their link."""
        made = {str(one.get("fromObjectId") or one.get("from", {}).get("id")) for one in results_in(body)}
        gone = missing(body)
        left = [pair for pair in pairs if pair[0] not in made and gone.isdisjoint(pair)]
        silent = Transient(f"The answer says nothing of an association with {to}.", subject=self._subject)
        errors = list(errors_in(body))
        told = {pair[0]: next((error for error in errors if not ids_in(error).isdisjoint(pair)), None) for pair in left}
        first = errors[0] if errors else None
        return {
            call: failure(why, self._subject) if (why := error or first) else silent for call, error in told.items()
        }

    def _type(self, to: str) -> int:
        if to not in self._types:
            body = self._session.get(paths.labels(CALLS, to), kind="describe", about=to, family=ASSOCIATIONS).json()
            self._types[to] = _plain(body, to, self._subject)
        return self._types[to]


def _gone(call: str, other: str) -> Mapping[str, Any]:
    return {"from": {"id": call}, "to": [{"id": other}]}


def _plain(body: Any, to: str, subject: str) -> int:
    """Return the type that an association without a label has."""
    try:
        plain = [one for one in body["results"] if one["category"] == _DEFINED and not one.get("label")]
        return int(plain[0]["typeId"])
    except (TypeError, LookupError, ValueError, AttributeError):
        raise NotReadable(f"The portal names no association of calls with {to}.", subject=subject) from None


def _input(pair: Pair, kind: int) -> Mapping[str, Any]:
    types = [{"associationCategory": _DEFINED, "associationTypeId": kind}]
    return {"from": {"id": pair[0]}, "to": {"id": pair[1]}, "types": types}
