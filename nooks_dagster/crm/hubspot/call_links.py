"""Whom a logged call belongs to: associations towards contacts, leads, companies and deals, by batches.

Belongs here: making them, and the type of each. Does not: the calls themselves (`writing`).

An association that is there already is made again without harm. Towards a type that the app may not touch, or that the
portal links with no calls, there are none: calls are logged all the same.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nooks_dagster.crm.activities import Links
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.batch_results import errors_in, failure, missing
from nooks_dagster.crm.hubspot.call_records import CALLS
from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.session import ASSOCIATIONS, Session
from nooks_dagster.failures import Failure, Transient

log = logging.getLogger(__name__)

_TO_CONTACT = 194  # of every portal
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
        self._types = {"contacts": _TO_CONTACT}

    def make(self, calls: Mapping[str, Links]) -> Mapping[str, Failure]:
        """Link calls, by their ids; return those of which a link is missing, and why.

        A link to what is not there any more is none.
        """
        failed: dict[str, Failure] = {}
        for to, other in _OTHERS.items():
            if pairs := [(call, found) for call, links in calls.items() if (found := other(links))]:
                failed |= self._linked(to, pairs)
        return failed

    def _linked(self, to: str, pairs: Sequence[Pair]) -> Mapping[str, Failure]:
        try:
            inputs = [_input(pair, self._type(to)) for pair in pairs]
            path = paths.associate(CALLS, to)
            about = f"{CALLS} to {to}"
            body = self._session.post(
                path, {"inputs": inputs}, kind="write", about=about, family=ASSOCIATIONS, tries=self._sends
            ).json()
        except NotReadable as no:
            log.warning("%s logs calls without their %s: %s", self._subject, to, no.what)
            return {}
        except Failure as failed:
            return dict.fromkeys((call for call, _ in pairs), failed)
        return self._left(body, to, pairs)

    def _left(self, body: Any, to: str, pairs: Iterable[Pair]) -> Mapping[str, Failure]:
        """Return the calls that an answer leaves without their link."""
        made = {str(one.get("fromObjectId")) for one in body.get("results") or ()} if isinstance(body, dict) else set()
        gone = missing(body)
        left = [call for call, other in pairs if call not in made and not {call, other} & gone]
        told = next((failure(error, self._subject) for error in errors_in(body)), None)
        why = told or Transient(f"The answer says nothing of an association with {to}.", subject=self._subject)
        return dict.fromkeys(left, why)

    def _type(self, to: str) -> int:
        if to not in self._types:
            body = self._session.get(paths.labels(CALLS, to), kind="describe", about=to, family=ASSOCIATIONS).json()
            self._types[to] = _plain(body, to, self._subject)
        return self._types[to]


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
