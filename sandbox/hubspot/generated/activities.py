"""The columns that only calls and meetings have.

Belongs here: properties that depend on others of their row, and calculated ones. Does not: what a type describes.
"""

from collections.abc import Mapping

import pyarrow as pa

from sandbox.hubspot.generated.forms import numbers, rounded
from sandbox.hubspot.generated.kinds import counts
from sandbox.hubspot.generated.world import World
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import decimals, fixed, kept, pc
from sandbox.world.hashing import Ints
from sandbox.world.makers import drawn_from
from sandbox.world.texts import SENTENCES, pool
from sandbox.world.timeline import exact_datetimes

_TITLES = [*pool(SENTENCES, nulls=0.05, awkward=0.03, seed=6), *["Call"] * 300, *["Re:"] * 90]
_STATUSES = ("COMPLETED", "COMPLETED", "COMPLETED", "NO_ANSWER", "BUSY", "FAILED", "CANCELED")
_MINUTE = 60_000
"""Milliseconds."""


def calls(_: World) -> Mapping[str, Column]:
    """Return the columns of calls."""
    return {
        "hs_timestamp": lambda batch: exact_datetimes(batch.created),
        "hs_call_title": drawn_from("hs_call_title", _TITLES),
        "hs_call_duration": counts("hs_call_duration", 3_600_000),
        "hs_call_status": drawn_from("hs_call_status", _STATUSES),
        "hs_call_source": drawn_from("hs_call_source", ["INTEGRATIONS_PLATFORM", "CRM_UI", None]),
        "hs_call_recording_url": _recordings,
        "call_minutes": lambda batch: rounded(pc.divide(numbers(batch.column("hs_call_duration")), 60_000.0)),
    }


def meetings(_: World) -> Mapping[str, Column]:
    """Return the columns of meetings."""
    return {
        "hs_timestamp": lambda batch: exact_datetimes(_starts(batch)),
        "hs_meeting_start_time": lambda batch: exact_datetimes(_starts(batch)),
        "hs_meeting_end_time": lambda batch: exact_datetimes(_ends(batch)),
        "hs_meeting_title": drawn_from("hs_meeting_title", _TITLES),
        "attendees": counts("attendees", 12),
        "cost": lambda batch: rounded(pc.multiply(numbers(batch.column("attendees")), 62.5)),
    }


def _recordings(batch: Batch) -> pa.Array:
    draws = batch.draws("hs_call_recording_url")
    return kept(fixed("https://recordings.example/r/", decimals(draws >> 4, 9), ".mp3?a=1&b=%20"), draws & 15 > 4)


def _starts(batch: Batch) -> Ints:
    return batch.created + batch.draws("hs_meeting_start_time") % 1_000 * 15 * _MINUTE


def _ends(batch: Batch) -> Ints:
    return _starts(batch) + (1 + batch.draws("hs_meeting_end_time") % 8) * 15 * _MINUTE
