"""What a sync shows on an asset's page: rows, bytes, rates, windows, a table per source object.

Belongs here: turning reports into metadata. Does not: deciding what is materialised (`assets.crm.telling`).
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from assets.bounded import markdown
from assets.crm.standing import standing
from nooks_dagster.crm.access.meter import calls_in
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.reporting.stored import Stored
from nooks_dagster.crm.sync.runs import WorkspaceSync
from nooks_dagster.crm.work import WindowKind
from nooks_dagster.settings import settings

COUNTS = ("rows", "inserted", "updated", "unchanged", "deleted", "bytes")
SHOWN_WINDOWS = 30


def materialized(
    key: dg.AssetKey, reports: Sequence[WindowReport], sync: WorkspaceSync, stored: Stored
) -> dg.AssetMaterialization:
    """Return the materialisation of one asset after the windows of its object ended."""
    raw = key.path[0] == "crm_raw"
    totals = {name: sum(r.totals.get(name, 0) for r in reports) for name in COUNTS}
    seconds = sum(r.seconds for r in reports)
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.IntMetadataValue(stored.parts_rows if raw else stored.rows),
        "rows_read": dg.IntMetadataValue(totals["rows"]),
        "rows_per_second": dg.FloatMetadataValue(round(totals["rows"] / seconds, 1) if seconds else 0.0),
        "api_calls_of_this_run": dg.IntMetadataValue(sync.calls()),
    }
    if reports:
        metadata["windows"] = dg.MarkdownMetadataValue(_table(reports))
    if raw:
        metadata["bytes_landed"] = dg.IntMetadataValue(totals["bytes"])
        metadata["bytes_stored"] = dg.IntMetadataValue(stored.parts_bytes)
    else:
        names = ("inserted", "updated", "unchanged", "deleted")
        metadata |= {f"rows_{name}": dg.IntMetadataValue(totals[name]) for name in names}
        metadata["tombstones"] = dg.IntMetadataValue(stored.tombstones)
    metadata |= standing(key, sync)
    if settings().sandbox:
        metadata["outside_world"] = dg.TextMetadataValue("SANDBOX")
    return dg.AssetMaterialization(key, partition=sync.workspace, metadata=metadata)


def _table(reports: Sequence[WindowReport]) -> str:
    """Draw the windows: those that did not reach their end first, then the largest."""
    ranked = sorted(reports, key=lambda r: (r.ending is Ending.DONE, -r.totals.get("rows", 0)))
    return markdown([_row(r) for r in ranked], SHOWN_WINDOWS, numbers=(*COUNTS, "MB", "calls", "seconds"))


def _row(report: WindowReport) -> dict[str, str]:
    return {
        "source": report.task.source,
        "window": _window(report),
        **{name: f"{report.totals.get(name, 0):,}" for name in COUNTS[:-1]},
        "MB": f"{report.totals.get('bytes', 0) / 1e6:.1f}",
        "calls": f"{sum(calls_in(report.totals).values()):,}",
        "seconds": f"{report.seconds:.1f}",
        "ending": report.reason or _ended(report),
    }


def _window(report: WindowReport) -> str:
    if report.task.kind is WindowKind.SWEEP:
        return f"{report.task.kind}: {', '.join(report.task.sweep) or 'what was not met'}"
    return f"{report.task.kind}: {_time(report.since) or 'beginning'} to {_time(report.until) or '-'}"


def _ended(report: WindowReport) -> str:
    if "shown" not in report.totals:
        return report.ending
    found = (f"{report.totals.get(name, 0):,} {name}" for name in ("shown", "differing", "missing"))
    return f"{report.ending}: {', '.join(found)}"


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None
