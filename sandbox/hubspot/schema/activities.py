"""Calls and meetings.

Belongs here: their properties. Does not: values (`sandbox.hubspot.generated`).
"""

from sandbox.hubspot.model import ObjectType
from sandbox.hubspot.schema import fields as f

DISPOSITIONS = (
    "9d9162e7-6cf3-4944-bf63-4dff82258764",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "73a0d17f-1163-4015-bdd5-ec830791da20",
    "17b47fee-58de-441e-a44c-c6300d46f273",
)
"""Busy, connected, left live message, left voicemail, no answer, wrong number: the same in every account."""

CALLS = ObjectType(
    "calls", "call", "0-48", "Call", "Calls", "hs_lastmodifieddate",
    f.grouped(
        "call",
        *f.SYSTEM,
        f.moment("hs_createdate"),
        f.moment("hs_lastmodifieddate"),
        f.moment("hs_timestamp"),
        f.text("hs_call_title"),
        f.html("hs_call_body"),
        f.choice("hs_call_direction", "INBOUND", "OUTBOUND"),
        f.choice("hs_call_disposition", *DISPOSITIONS),
        f.number("hs_call_duration"),
        f.phone("hs_call_from_number"),
        f.phone("hs_call_to_number"),
        f.text("hs_call_recording_url"),
        f.choice("hs_call_status", "BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING", "FAILED",
                 "IN_PROGRESS", "NO_ANSWER", "QUEUED", "RINGING"),
        f.choice("hs_call_source", "INTEGRATIONS_PLATFORM", "CRM_UI", "MOBILE_APP"),
        f.OWNER,
        f.choice("hs_activity_type", "Discovery", "Demo", "Follow-up"),
        f.flag("hs_call_has_transcript"),
        *f.custom(
            f.unique(f.text("nooks_call_id")),
            f.number("talk_ratio"),
            f.number("sentiment"),
            f.flag("recorded"),
            f.day("follow_up"),
            f.moment("logged_at"),
            f.choice("outcome", "Connected", "Voicemail", "No Answer", "None"),
            f.choices("topics", "Pricing", "Security", "Timing"),
            f.long_text("transcript_summary"),
            f.phone_number("transfer_to"),
            f.json("scorecard"),
            f.coordinates("coached_by"),
            f.calculated(f.number("call_minutes")),
        ),
    ),
    primary_display_property="hs_call_title",
    associated=("contacts", "companies", "deals"),
    required=("hs_timestamp",),
)  # fmt: skip

MEETINGS = ObjectType(
    "meetings", "meeting", "0-47", "Meeting", "Meetings", "hs_lastmodifieddate",
    f.grouped(
        "meeting",
        *f.SYSTEM,
        f.moment("hs_createdate"),
        f.moment("hs_lastmodifieddate"),
        f.moment("hs_timestamp"),
        f.text("hs_meeting_title"),
        f.html("hs_meeting_body"),
        f.moment("hs_meeting_start_time"),
        f.moment("hs_meeting_end_time"),
        f.choice("hs_meeting_outcome", "SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"),
        f.text("hs_meeting_location"),
        f.text("hs_meeting_external_url"),
        f.long_text("hs_internal_meeting_notes"),
        f.OWNER,
        f.choice("hs_activity_type", "Discovery", "Demo", "Follow-up"),
        *f.custom(
            f.unique(f.text("calendar_id")),
            f.number("attendees"),
            f.number("rating"),
            f.flag("recorded"),
            f.day("follow_up"),
            f.moment("reminded_at"),
            f.choice("room", "Berlin", "Tokyo", "Remote", "N/A"),
            f.choices("topics", "Pricing", "Security", "Timing"),
            f.long_text("minutes"),
            f.phone_number("dial_in"),
            f.json("agenda"),
            f.coordinates("organised_by"),
            f.calculated(f.number("cost")),
        ),
    ),
    primary_display_property="hs_meeting_title",
    associated=("contacts", "companies", "deals"),
    required=("hs_timestamp",),
)  # fmt: skip
