"""What the platform made of a call, in the words in which the sandbox knows the truth about it.

Belongs here: reading it. Does not: comparing (the tests).
"""

from typing import Any

from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

_MADE = """
    select c.call_id, c.state, split_part(c.reason, ':', 1), r.contact_outcome, r.contact_object, r.contact_id,
        r.transcript, r.translation, coalesce(r.redacted_text, ''), c.id
    from calls.calls c left join calls.records r on r.call = c.id where c.workspace = %s
"""


def made_of(db: Database, lake: Lake, workspace: str) -> dict[str, dict[str, Any]]:
    """Return what came of each call of a workspace, by the dialer's id."""
    archive = Archive(lake)
    with db.transaction() as conn:
        found = conn.execute(_MADE, (workspace,)).fetchall()
    told = {}
    for call_id, state, why, match, kind, contact, transcript, translation, redacted, call in found:
        if state != "recorded":
            told[call_id] = {"outcome": state, "why": why}
            continue
        told[call_id] = {"outcome": state, "match": match, "object": kind, "contact": contact}
        told[call_id]["texts"] = _texts(archive, call, transcript)
        told[call_id]["redacted"] = redacted
        told[call_id]["translations"] = _texts(archive, call, translation)
    return told


def expected_of(truth: dict[str, Any]) -> dict[str, Any]:
    """Return what should come of a call, in the same words; of a file that ends early no translation is known."""
    if truth["outcome"] != "recorded":
        return {"outcome": truth["outcome"], "why": truth["why"]}
    told = {name: truth[name] for name in ("outcome", "match", "object", "contact")}
    texts = {role: text for role, text in (truth["texts"] or {}).items() if text}
    told |= {"texts": texts or None}
    if truth["kind"] == "truncated":
        return told
    abroad = texts and any(said["language"] != "en" for said in truth["said"])
    return told | {"translations": _translations(truth) if abroad else None}


def _translations(truth: dict[str, Any]) -> dict[str, str]:
    return {
        role: " ".join(said["translation"] for said in truth["said"] if said["speaker"] == role)
        for role in ("rep", "prospect")
        if any(said["speaker"] == role for said in truth["said"])
    }


def _texts(archive: Archive, call: int, handle: dict[str, Any] | None) -> dict[str, str] | None:
    if handle is None:
        return None
    transcript: Transcript = archive.transcript(call, Handle(**handle))
    texts: dict[str, str] = {}
    for one in transcript.utterances:
        speaker = str(one.speaker or "both")
        texts[speaker] = f"{texts[speaker]} {one.text}" if speaker in texts else one.text
    return texts or None
