"""Granting what a session wants written, but for the items that a fault strikes.

Belongs here: the user, the faults. Does not: bodies and replies (`writes`, `collections`, `ingest`).
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from sandbox.faults.seen import Seen
from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.writing.wishes import Manner, Outcome, Refusal, Wish

_LOCKED = "UNABLE_TO_LOCK_ROW"


def grant(call: Call, wishes: Sequence[Wish], *, all_or_none: bool = False, mark: str = "") -> Sequence[Outcome]:
    """Grant wishes as the user of the session, each by itself or none if one cannot be."""
    struck = [replace(wish, struck=wish.struck or _struck(call, wish)) for wish in wishes]
    late = call.faults.late(lambda: Seen(call.kind, call.address, org=call.org.name, objects=_objects(wishes)))
    manner = Manner(all_or_none=all_or_none, mark=mark, late=late)
    return call.org.write(struck, Credentials(call.org.name).user_id, manner)


def _struck(call: Call, wish: Wish) -> Refusal | None:
    fault = call.faults.item(lambda: _seen(call, wish))
    if fault is None:
        return None
    told = f"unable to obtain exclusive access to this record or 1 records: {_about(wish)}"
    return Refusal(fault.code or _LOCKED, fault.message or (told if not fault.code else fault.code))


def _seen(call: Call, wish: Wish) -> Seen:
    text = json.dumps({wish.key: wish.named, **wish.values})
    return Seen(call.kind, call.address, text, org=call.org.name, objects=_objects([wish]))


def _objects(wishes: Sequence[Wish]) -> frozenset[str]:
    return frozenset(wish.sobject.lower() for wish in wishes)


def _about(wish: Wish) -> str:
    """Return the id of a record that Salesforce would lock for a wish."""
    named = (wish.values.get("AccountId"), wish.values.get("WhoId"), wish.values.get("WhatId"), wish.named)
    ids = (to15(each) for each in named if isinstance(each, str))
    return next((to18(each) for each in ids if each), "")
