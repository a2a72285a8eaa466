"""What a signal's page shows: how many accounts have which answer, what it cost, what failed and why.

Belongs here: turning counts into metadata. Does not: counting (`nooks_dagster.signals`), what is told when
(`assets.account_signals.relaying`).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import psycopg

from assets.account_signals.specs import key_of
from assets.bounded import markdown
from nooks_dagster.settings import settings
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.estimates import Estimate
from nooks_dagster.signals.reports import Counts, Status
from nooks_dagster.signals.status import SignalStatus, reasons, statuses
from nooks_dagster.signals.trials import Version
from nooks_dagster.signals.views import count_findings

SHOWN = 15
REASONS_BYTES = 3_000  # the numbers of a run take 4.5 KB of its event
Metadata = Mapping[str, dg.MetadataValue]


def materialized(
    conn: psycopg.Connection[Any], signal: Signal, workspace: str, counts: Counts, version: Version | None
) -> dg.MaterializeResult[Any]:
    """Return the materialisation of one signal: what this run did, and how all accounts stand now."""
    standing = next(iter(statuses(conn, [signal.name], [workspace])), None)
    rows = count_findings(conn, signal, workspace)
    metadata = {"dagster/row_count": dg.IntMetadataValue(rows), **_of_run(counts), **_of_trial(version)}
    metadata |= _of_all(standing) if standing else {}
    if lines := [
        {"status": one.status, "accounts": f"{one.accounts:,}", "reason": one.reason}
        for one in reasons(conn, workspace)
        if one.signal == signal.name
    ]:
        table = markdown(lines, SHOWN, ("accounts",), size=REASONS_BYTES)
        metadata["without_findings"] = dg.MarkdownMetadataValue(table)
    if settings().sandbox:
        metadata["outside_world"] = dg.TextMetadataValue("SANDBOX")
    return dg.MaterializeResult(asset_key=key_of(signal), metadata=metadata)


def observed(signal: Signal, workspace: str, counts: Counts) -> dg.AssetObservation:
    """Return how far a run is."""
    return dg.AssetObservation(key_of(signal), partition=workspace, metadata=_of_run(counts))


def estimated(signal: Signal, workspace: str, estimate: Estimate) -> dg.AssetObservation:
    """Return what would be asked and what it would cost; nothing was."""
    how = "about" if estimate.bought else "at_most"  # nobody knows what an answer costs before one was bought
    told = {
        "accounts_due": dg.IntMetadataValue(estimate.due),
        "answers_of_others_that_may_do": dg.IntMetadataValue(estimate.cached),
        "planned_at_once": dg.IntMetadataValue(estimate.now),
        f"usd_of_one_{how}": dg.TextMetadataValue(f"{estimate.usd_each:.4f}"),
        f"usd_{how}": dg.TextMetadataValue(f"{estimate.usd:.2f}"),
        "version": dg.TextMetadataValue(f"{estimate.version}. {estimate.reason}".strip()),
    }
    return dg.AssetObservation(key_of(signal), partition=workspace, metadata=told)


def _of_run(counts: Counts) -> dict[str, dg.MetadataValue]:
    cost, ended = float(counts.cost), counts.ended
    return {
        "accounts_answered": dg.IntMetadataValue(ended),
        **{f"accounts_{status}": dg.IntMetadataValue(counts.statuses[status]) for status in Status},
        "failed_percent": dg.FloatMetadataValue(round(100 * counts.failed / ended, 2) if ended else 0.0),
        "answers_bought": dg.IntMetadataValue(counts.bought),
        "answers_cached": dg.IntMetadataValue(counts.cached),
        "answers_bought_twice": dg.IntMetadataValue(counts.duplicates),
        "findings_without_evidence": dg.IntMetadataValue(counts.dropped),
        "usd": dg.FloatMetadataValue(round(cost, 4)),
        "usd_per_account": dg.FloatMetadataValue(round(cost / counts.bought, 5) if counts.bought else 0.0),
    }


def _of_all(standing: SignalStatus) -> dict[str, dg.MetadataValue]:
    parts = {name: getattr(standing, name) for name in ("found", "not_found", "insufficient_evidence", "degraded")}
    parts |= {"error": standing.error, "not asked yet": standing.unasked, "deferred": standing.deferred}
    lines = [
        {"status": name, "accounts": f"{count:,}", "share": f"{count / max(standing.accounts, 1):.1%}"}
        for name, count in parts.items()
        if count
    ]
    table = {"all_accounts": dg.MarkdownMetadataValue(markdown(lines, SHOWN, ("accounts", "share")))} if lines else {}
    return {
        "accounts": dg.IntMetadataValue(standing.accounts),
        "usd_today": dg.FloatMetadataValue(round(float(standing.usd_today), 4)),
        **table,
    }


def _of_trial(version: Version | None) -> dict[str, dg.MetadataValue]:
    if version is None or version.state == "spread":
        return {}
    words = f"{version.state}: {version.ended} of {version.planned} accounts were asked, {version.failed} failed; "
    words += f"the other {version.left:,} would cost about ${version.projected:.2f}. {version.reason}"
    return {"trial": dg.TextMetadataValue(words.strip())}
