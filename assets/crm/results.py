"""What a sync shows on an asset's page: rows, bytes, rates, windows, a table per source object.

Belongs here: turning reports into metadata and sentences. Does not: deciding what is materialised.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import dagster as dg

from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.runs import WorkspaceSync

COUNTS = ("rows", "inserted", "updated", "unchanged", "deleted", "bytes")


def materialized(key: dg.AssetKey, reports: Sequence[WindowReport], sync: WorkspaceSync) -> dg.MaterializeResult[None]:
    """Return the materialisation of one asset after the windows of its object ended."""
    raw = key.path[0] == "crm_raw"
    totals = {name: sum(r.totals.get(name, 0) for r in reports) for name in COUNTS}
    seconds = sum(r.seconds for r in reports)
    stored = sync.stored(key.path[-1])
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.IntMetadataValue(stored.parts_rows if raw else stored.rows),
        "rows_read": dg.IntMetadataValue(totals["rows"]),
        "rows_per_second": dg.FloatMetadataValue(round(totals["rows"] / seconds, 1) if seconds else 0.0),
        "api_calls_of_this_run": dg.IntMetadataValue(sync.calls()),
        "windows": dg.MarkdownMetadataValue(_table(reports)),
    }
    if raw:
        metadata["bytes_landed"] = dg.IntMetadataValue(totals["bytes"])
        metadata["bytes_stored"] = dg.IntMetadataValue(stored.parts_bytes)
    else:
        names = ("inserted", "updated", "unchanged", "deleted")
        metadata |= {f"rows_{name}": dg.IntMetadataValue(totals[name]) for name in names}
        metadata["tombstones"] = dg.IntMetadataValue(stored.tombstones)
    complete = [r.until for r in reports if r.until and r.ending is Ending.DONE]
    if complete:
        metadata["complete_until"] = dg.TimestampMetadataValue(min(complete).timestamp())
    return dg.MaterializeResult(asset_key=key, metadata=metadata)


def reached_nothing(problems: Sequence[str], reports: Mapping[str, Sequence[WindowReport]]) -> str | None:
    """Return the sentence a person's click ends with when something could not be reached, else None."""
    stuck = [
        f"{r.task.connection}/{r.task.source} is {r.ending}: {r.reason}"
        for group in reports.values()
        for r in group
        if r.ending in (Ending.BLOCKED, Ending.PARKED)
    ]
    sentences = [*problems, *stuck]
    return "; ".join(sentences[:20]) if sentences else None


def _table(reports: Sequence[WindowReport]) -> str:
    head = "| source | window | rows | inserted | updated | unchanged | deleted | MB | seconds | ending |\n"
    rule = "|-|-|-:|-:|-:|-:|-:|-:|-:|-|\n"
    return head + rule + "\n".join(_row(report) for report in reports)


def _row(report: WindowReport) -> str:
    numbers = [f"{report.totals.get(name, 0):,}" for name in COUNTS[:-1]]
    window = f"{report.task.kind}: {_time(report.since) or 'beginning'} to {_time(report.until) or '-'}"
    size = f"{report.totals.get('bytes', 0) / 1e6:.1f}"
    cells = [
        report.task.source,
        window,
        *numbers,
        size,
        f"{report.seconds:.1f}",
        report.reason or report.ending,
    ]
    return "| " + " | ".join(cells) + " |"


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None
