"""Accepting calls: a call becomes a row and an item of work in one transaction, however often it is sent.

Belongs here: what is written for a new call, and how a known one is told from another under its id.
Does not: who may send it and how (`calls.ingest`), what is done with it (`calls.live.worker`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from nooks_dagster.calls.model import WORKED
from nooks_dagster.calls.submission import Submission
from nooks_dagster.calls.work import CALLS, CHANNEL, scope_of_calls
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.planning import plan

# A workspace cannot go while its row is held. A call that comes while it is being removed waits for no end of that, for
# others' calls would wait too. Rows go in one order, so that of two who accept the same calls one waits for the other,
# and never each for the other.
ADD = """
    INSERT INTO calls.calls (workspace, call_id, body_sha256, submission)
    SELECT o.workspace, o.call_id, o.body_sha256, o.submission::jsonb
    FROM unnest(%(workspaces)s::text[], %(call_ids)s::text[], %(hashes)s::bytea[], %(submissions)s::text[])
        WITH ORDINALITY AS o(workspace, call_id, body_sha256, submission, place)
    JOIN workspaces.workspaces w ON w.name = o.workspace
    ORDER BY o.workspace, o.call_id COLLATE "C", o.place
    FOR KEY SHARE OF w SKIP LOCKED
    ON CONFLICT (workspace, call_id) DO NOTHING
    RETURNING workspace, call_id, id, body_sha256
"""
KNOWN = """
    SELECT c.workspace, c.call_id, c.id, c.body_sha256
    FROM unnest(%(workspaces)s::text[], %(call_ids)s::text[]) AS o(workspace, call_id)
    JOIN calls.calls c USING (workspace, call_id)
"""
WAKE = f"NOTIFY {CHANNEL}"
STAGES = [stage.value for stage in WORKED]


@dataclass(frozen=True, slots=True)
class Offer:
    """A call that somebody sends: `body_sha256` is of the body as it came, by which the same is told from another."""

    workspace: str
    submission: Submission
    body_sha256: bytes
    work_class: WorkClass = WorkClass.LIVE


@dataclass(frozen=True, slots=True)
class Accepted:
    """A call that is kept: its id is ours; `new` unless it had been accepted before."""

    id: int
    call_id: str
    new: bool


class Refused(Permanent):
    """A call that is not accepted; others of its group are."""


class OtherBody(Refused):
    """Another call was accepted under this id."""


Answer = Accepted | Refused


def accept(
    conn: psycopg.Connection[Any], workspace: str, submission: Submission, body_sha256: bytes, release: str
) -> Accepted:
    """Keep a call and plan its work in the caller's transaction; the same call again is no second one.

    Raises:
        OtherBody: Its id belongs to a call with another body.
        Refused: There is no such workspace, or it was removed.
    """
    (answer,) = accept_all(conn, [Offer(workspace, submission, body_sha256)], release)
    if isinstance(answer, Refused):
        raise answer
    return answer


def accept_all(conn: psycopg.Connection[Any], offers: Sequence[Offer], release: str) -> list[Answer]:
    """Do what `accept` does for several calls at once, and return an answer for each: a refusal harms no neighbour."""
    keys = {"workspaces": [o.workspace for o in offers], "call_ids": [o.submission.call_id for o in offers]}
    bodies = {
        "hashes": [offer.body_sha256 for offer in offers],
        "submissions": [offer.submission.model_dump_json(exclude_none=True) for offer in offers],
    }
    known = added = _kept(conn, ADD, keys | bodies)
    if len(added) < len(offers):
        known = _kept(conn, KNOWN, keys)
    if added:
        plan(conn, [_item(added[key].id, offer) for key, offer in _first(offers).items() if key in added], release)
        conn.execute(WAKE)
    fresh = set(added)
    return [_answer(offer, known, fresh) for offer in offers]


@dataclass(frozen=True, slots=True)
class _Kept:
    id: int
    body_sha256: bytes


_Key = tuple[str, str]


def _key(offer: Offer) -> _Key:
    return offer.workspace, offer.submission.call_id


def _first(offers: Sequence[Offer]) -> dict[_Key, Offer]:
    return {_key(offer): offer for offer in reversed(offers)}


def _kept(conn: psycopg.Connection[Any], statement: str, values: Mapping[str, Any]) -> dict[_Key, _Kept]:
    rows = conn.execute(statement.encode(), values)
    return {(workspace, call_id): _Kept(number, sha) for workspace, call_id, number, sha in rows}


def _item(call: int, offer: Offer) -> NewItem:
    scope = scope_of_calls(offer.workspace)
    return NewItem(CALLS, scope, scope, str(call), {"call": call, "stages": STAGES}, offer.work_class)


def _answer(offer: Offer, known: Mapping[_Key, _Kept], fresh: set[_Key]) -> Answer:
    """Judge one offer; of two in one group under one id, the first is the new one."""
    kept = known.get(_key(offer))
    if kept is None:
        return Refused(
            "There is no such workspace, or it is being removed.",
            subject=f"workspace {offer.workspace}",
            next_step="`nooks status` lists the workspaces.",
        )
    if kept.body_sha256 != offer.body_sha256:
        return OtherBody(
            "Another body was accepted under this call_id.",
            subject=f"call {kept.id}",
            next_step="Send a call under an id of its own, and the same call in the same bytes.",
        )
    new = _key(offer) in fresh
    fresh.discard(_key(offer))
    return Accepted(kept.id, offer.submission.call_id, new)
