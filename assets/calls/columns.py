"""The columns of what the stages make, as the catalogue shows them before the first call.

Belongs here: names, types and meanings, which a test compares with the tables. Does not: anything else of an asset.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from nooks_dagster.calls.model import Stage


def _columns(*told: tuple[str, str, str]) -> list[dg.TableColumn]:
    return [dg.TableColumn(name, kind, about) for name, kind, about in told]


CALL = [
    ("call", "bigint", "Our id of the call, as `nooks calls show` takes it."),
    ("workspace", "text", "Whose call."),
    ("hour", "timestamptz", "The hour in which it was accepted: its partition."),
]
CONTACT = [
    ("connection_id", "text", "The CRM that the contact is in; null without one."),
    ("contact_object", "text", "`contacts` or `leads`."),
    ("contact_id", "text", "The id there."),
    ("account_id", "text", "The contact's account there."),
    ("opportunity_id", "text", "Its open opportunity."),
]
UTTERANCE = _columns(
    ("call", "bigint", "Our id of the call."),
    ("seq", "int", "Of the utterance within the call."),
    ("speaker", "string", "`rep` or `prospect`; null where a mono recording does not tell."),
    ("start_ms", "bigint", "From the start of the recording."),
    ("end_ms", "bigint", "Likewise."),
    ("text", "string", "What was said, as it was said."),
    ("language", "string", "ISO 639-1, or `und`."),
    ("confidence", "float", "The model's own, where it tells."),
    ("timing", "string", "`told` by the model, or `estimated` from where the voice is."),
    ("model", "string", "Which one heard or translated it."),
    ("call_language", "string", "Of most of what was said; of a translation the workspace's."),
    ("translated_from", "string", "Of a translation: the language of the original."),
    ("duration_ms", "bigint", "Of the recording."),
    ("channels", "int", "Of the recording."),
    ("object", "string", "The object in which it was before the hour was closed."),
)
COLUMNS: Mapping[Stage, Sequence[dg.TableColumn]] = {
    Stage.VALIDATE: _columns(
        *CALL,
        ("accepted_at", "timestamptz", "When it was accepted, by the database's clock."),
        ("validated_at", "timestamptz", "When it was looked at."),
        ("status", "text", "`done`, `refused`, `failing` or `dead`."),
        ("reason", "text", "Why, unless it is done."),
        ("direction", "text", "`outbound` or `inbound`."),
        ("disposition", "text", "How the dialer says that it ended."),
        ("has_recording", "boolean", "Whether there is audio."),
        ("version", "text", "Of the rules."),
    ),
    Stage.TRANSCRIBE: UTTERANCE,
    Stage.TRANSLATE: UTTERANCE,
    Stage.CONTACT: _columns(
        *CALL,
        ("status", "text", "`done`, `failing` or `dead`."),
        ("outcome", "text", "`matched`, `ambiguous` or `unknown`."),
        *CONTACT,
        ("matched_at", "timestamptz", "When it was looked for."),
        ("version", "text", "Of the rules."),
    ),
    Stage.RECORD: _columns(
        *CALL,
        ("call_id", "text", "The dialer's id of the call."),
        ("direction", "text", "`outbound` or `inbound`."),
        ("disposition", "text", "How the dialer says that it ended."),
        ("started_at", "timestamptz", "By the dialer's clock."),
        ("duration_ms", "bigint", "By the dialer's clock."),
        ("contact_outcome", "text", "`matched`, `ambiguous` or `unknown`."),
        *CONTACT,
        ("redacted_text", "text", "What was said, without numbers and addresses of people."),
        ("redactions", "jsonb", "How many of which kind were taken out."),
        ("talk_ms_rep", "bigint", "How long the rep spoke."),
        ("talk_ms_prospect", "bigint", "How long the prospect spoke."),
        ("silence_ms", "bigint", "How long nobody did."),
        ("longest_monologue_ms", "bigint", "The longest stretch of one of them."),
        ("interruptions", "int", "How often one began while the other spoke."),
        ("questions", "int", "How many were asked."),
        ("words", "int", "How many were said."),
        ("recorded_at", "timestamptz", "When the row was written."),
        ("version", "text", "Of the rules."),
    ),
    Stage.DELIVER: _columns(
        *CALL,
        ("integration", "text", "The connection or webhook."),
        ("kind", "text", "Of the integration."),
        ("state", "text", "`waiting`, `delivered`, `dead` or `withdrawn`."),
        ("external_id", "text", "What the other side calls the activity."),
        ("failure", "text", "The kind of failure, if the last try failed."),
        ("reason", "text", "What happened, and what to do."),
        ("created_at", "timestamptz", "When it was put into the outbox."),
        ("delivered_at", "timestamptz", "When the other side had it."),
    ),
}
