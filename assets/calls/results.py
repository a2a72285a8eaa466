"""What the pages of calls show: how many, how fast, what it cost, what was refused or failed and why.

Belongs here: from numbers to metadata. Does not: counting (`nooks_dagster.calls.reporting.numbers`), when it is told
(`assets.calls.relaying`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import dagster as dg
import psycopg

from assets.bounded import markdown
from assets.calls.specs import IN_LAKE
from assets.plots import line
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reporting import numbers
from nooks_dagster.calls.reporting.numbers import Outcomes, Totals, Which
from nooks_dagster.settings import settings

SHOWN = 10
TABLE_BYTES = 1_800  # three tables and two plots in one event
Metadata = dict[str, dg.MetadataValue]


def metadata_of(conn: psycopg.Connection[Any], which: Which, stages: Sequence[Stage]) -> Mapping[Stage, Metadata]:
    """Return what the pages of some stages show of some hours."""
    whole = _of_all(numbers.totals(conn, which))
    return {stage: whole | _of_stage(conn, which, stage) for stage in stages}


def _of_all(totals: Totals) -> Metadata:
    told: Metadata = {
        f"calls_{state}": dg.IntMetadataValue(getattr(totals, state))
        for state in ("accepted", "recorded", "refused", "dead", "open")
    }
    if settings().sandbox:
        told["outside_world"] = dg.TextMetadataValue("SANDBOX")
    return told


def _of_stage(conn: psycopg.Connection[Any], which: Which, stage: Stage) -> Metadata:
    if stage is Stage.DELIVER:
        return _of_deliveries(conn, which)
    found = numbers.outcomes(conn, which, stage)
    told: Metadata = {"dagster/row_count": dg.IntMetadataValue(sum(one.calls for one in found))}
    if found:
        told["outcomes"] = _table([_outcome(one) for one in found])
    if lines := [_reason(*one) for one in numbers.reasons(conn, which, stage)]:
        told["why_not_done"] = _table(lines)
    if stage in IN_LAKE:
        told |= _of_models(conn, which, stage, found)
    if stage is Stage.CONTACT:
        told |= _spread(conn, which, stage, "outcome", "contacts")
    if stage is Stage.RECORD:
        told |= _of_records(conn, which)
    return told


def _of_models(conn: psycopg.Connection[Any], which: Which, stage: Stage, found: Sequence[Outcomes]) -> Metadata:
    usd = float(sum((one.usd for one in found), Decimal(0)))
    return {
        "usd": dg.FloatMetadataValue(round(usd, 4)),
        "bytes": dg.IntMetadataValue(sum(one.bytes for one in found)),
        **_spread(conn, which, stage, "languages" if stage is Stage.TRANSCRIBE else "from", "languages"),
    }


def _of_records(conn: psycopg.Connection[Any], which: Which) -> Metadata:
    """Return how long records took; as a picture where there are minutes enough for one."""
    totals, minutes = numbers.totals(conn, which), numbers.by_minute(conn, which)
    told: Metadata = {
        f"{name}_seconds": dg.FloatMetadataValue(round(ms / 1000, 2))
        for name, ms in (("p50", totals.p50_ms), ("p95", totals.p95_ms))
        if ms is not None
    }
    if 1 < len(minutes) <= 24 * 60:
        span = f"{len(minutes)} min"
        told["calls_a_minute"] = dg.MarkdownMetadataValue(line([calls for calls, _ in minutes], "calls", span))
        told["p95_by_minute"] = dg.MarkdownMetadataValue(line([seconds for _, seconds in minutes], "s", span))
    return told


def _of_deliveries(conn: psycopg.Connection[Any], which: Which) -> Metadata:
    found = numbers.sent(conn, which)
    told: Metadata = {
        f"activities_{state}": dg.IntMetadataValue(sum(getattr(one, state) for one in found))
        for state in ("delivered", "waiting", "dead")
    }
    lines = [
        {
            "integration": one.integration,
            "kind": one.kind,
            **{state: f"{getattr(one, state):,}" for state in ("delivered", "waiting", "dead")},
        }
        for one in sorted(found, key=lambda one: (-one.dead, -one.waiting, one.integration))
    ]
    return told | ({"integrations": _table(lines)} if lines else {})


def _spread(conn: psycopg.Connection[Any], which: Which, stage: Stage, fact: str, name: str) -> Metadata:
    found = numbers.spread(conn, which, stage, fact)
    lines = [{name.removesuffix("s"): value, "calls": f"{calls:,}"} for value, calls in found.items()]
    return {name: _table(lines)} if lines else {}


def _outcome(one: Outcomes) -> dict[str, str]:
    seconds = {f"{name} s": f"{ms / 1000:,.2f}" for name, ms in (("p50", one.p50_ms), ("p95", one.p95_ms))}
    return {"status": one.status, "calls": f"{one.calls:,}", **seconds}


def _reason(status: str, reason: str, calls: int) -> dict[str, str]:
    return {"status": status, "calls": f"{calls:,}", "reason": reason}


def _table(lines: Sequence[Mapping[str, str]]) -> dg.MarkdownMetadataValue:
    right = ("calls", "p50 s", "p95 s", "delivered", "waiting", "dead")
    return dg.MarkdownMetadataValue(markdown(lines, SHOWN, numbers=right, size=TABLE_BYTES))
