"""How things stand, in words: one line for a stack, a run, a connection, an object.

Belongs here: sentences, spans and sizes as people read them. Does not: layout (`cli.status`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from nooks_dagster.budgets.breakers import Outage
from nooks_dagster.crm.reporting.overview import ConnectionOverview
from nooks_dagster.crm.reporting.progress import Tally, WindowProgress
from nooks_dagster.crm.reporting.status import LaneStatus, Standing
from nooks_dagster.crm.work import WindowKind
from nooks_dagster.ledger.launches import LaunchState
from nooks_dagster.local.record import Record
from nooks_dagster.workspaces.registry import ConnectionState

COLOURS: Mapping[Standing, str] = {
    Standing.COMPLETE: "[green]",
    Standing.READING: "[cyan]",
    Standing.WAITING: "",
    Standing.PARKED: "[yellow]",
    Standing.BLOCKED: "[red]",
    Standing.PAUSED: "[yellow]",
}
KINDS: Mapping[str, str] = {
    WindowKind.HISTORY: "history",
    WindowKind.INCREMENTAL: "changes",
    WindowKind.REFRESH: "refresh",
    WindowKind.REREAD: "reading again",
}
_SPANS = ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"))


def lane_line(about: LaneStatus, window: WindowProgress | None = None) -> str:
    """Say how an object stands, and how far its open window is."""
    if about.standing is Standing.COMPLETE:
        return f"complete until {moment(about.watermark)}" if about.watermark else "complete"
    work = f"{KINDS[about.kind]}{_chunks(window) if window and window.chunks else ''}"
    if about.standing is Standing.BLOCKED:
        return f"BLOCKED, next try {moment(about.next_try)}: {work}"
    if about.standing is Standing.PARKED:
        return f"parked until {moment(about.next_try)}: {work}"
    if about.standing is Standing.PAUSED:
        return f"rests: {work}"
    return work if about.standing is Standing.READING else f"{work}, waiting for a run"


def _chunks(about: WindowProgress) -> str:
    percent = "" if about.part is None else f" {about.part:.0%}"
    more = "" if about.all_planned else " or more"
    left = "" if about.tally.left is None else f", {span(about.tally.left)} left"
    chunks = f"{about.chunks_done:,} of {about.chunks:,}{more} chunks merged"
    return f"{percent}, {chunks}, {about.rows_merged:,} rows{left}"


def progress_line(about: WindowProgress) -> str:
    """Say how far a window is, or why it gets no further."""
    if about.standing is Standing.COMPLETE:
        return f"{KINDS[about.kind]} done, {about.rows_merged:,} rows"
    if about.standing is Standing.READING:
        percent = "" if about.part is None else f" {about.part:.0%}"
        return f"{KINDS[about.kind]}{percent}, {rows_line(about.tally)}"
    reason = f": {about.reason}" if about.reason else ""
    if about.standing is Standing.BLOCKED:
        return f"BLOCKED, next try {moment(about.next_try)}{reason}"
    if about.standing is Standing.PARKED:
        return f"parked until {moment(about.next_try)}{reason}"
    return f"{KINDS[about.kind]} waits for its turn"


def rows_line(about: Tally) -> str:
    """Say how many rows are here, how fast they come, and how long it takes."""
    of = f" of about {about.expected:,}" if about.expected else ""
    parts = [f"{about.merged:,}{of} rows"]
    if about.landed > about.merged:
        parts.append(f"{about.landed:,} landed")
    if about.rows_per_second:
        parts.append(f"{about.rows_per_second:,.0f} rows/s")
    if about.left is not None:
        parts.append(f"{span(about.left)} left")
    return ", ".join(parts)


def launch_line(about: LaunchState | None) -> str:
    """Say whether a run works on a workspace."""
    if about is None:
        return "no run yet"
    if about.ended_at is None:
        if about.run_id is None or about.silence is None:
            return f"a run was requested at {moment(about.requested_at)}"
        return f"run {about.run_id[:8]} works on it, heard of {ago(about.silence)}"
    if about.outcome == "done":
        return f"last run ended well at {moment(about.ended_at)}"
    times = f", {about.failures + 1} in a row" if about.failures else ""
    return f"last run {about.outcome} at {moment(about.ended_at)}{times}; the next follows by itself"


def connection_line(about: ConnectionOverview) -> str:
    """Say whether a connection may be used, and how many of its daily calls are."""
    standing = about.connection
    parts = [standing.id]
    if standing.state is not ConnectionState.ACTIVE:
        parts.append(f"{str(standing.state).upper()}: {standing.state_reason}")
    if about.allowance:
        used, allowed = about.allowance.used, about.allowance.allowed
        parts.append(f"{used:,} of {allowed:,} API calls used ({ago(about.allowance.age)})")
    if not about.lanes and about.discovery and about.discovery.state != "blocked":
        parts.append("its objects are looked up by the next run")
    return "  ".join(parts)


def outage_line(about: Outage) -> str:
    """Say that a kind of CRM answers nobody, and when it is asked again."""
    return f"! {about.key} has not answered since {moment(about.since)}; it is asked again in {span(about.next_in)}."


def stack_lines(record: Record) -> Iterator[str]:
    """Say how the local services are: one line when all is well, else one for each that is not."""
    if not record.entries:
        return
    if record.supervisor is None:
        yield "The local services are not running; `nooks up` starts them."
        return
    ill = [entry for entry in record.entries if not entry.finished]
    yield f"{len(record.entries) - len(ill)} of {len(record.entries)} local services are well."
    for entry in ill:
        yield f"✗ {entry.title}: {entry.state}. {entry.problem}".rstrip()


def stack_is_well(record: Record) -> bool:
    """Say whether the local services, if there are any, all run."""
    return not record.entries or (record.supervisor is not None and all(entry.finished for entry in record.entries))


def mark(bad: bool) -> str:
    """Return the sign before a sentence: a red cross, or a yellow exclamation mark."""
    return "[red]✗[/red]" if bad else "[yellow]![/yellow]"


def moment(time: datetime) -> str:
    """Write a moment to the minute; all of ours are UTC."""
    return f"{time:%Y-%m-%d %H:%M}"


def ago(past: timedelta) -> str:
    """Write how long ago something was: `3 min ago`."""
    return f"{span(past)} ago"


def span(time: timedelta) -> str:
    """Write a span in its largest unit: `3 min`."""
    seconds = max(0, int(time.total_seconds()))
    size, unit = next((one for one in _SPANS if seconds >= 2 * one[0]), _SPANS[-1])
    return f"{seconds // size} {unit}"


def size(count: int) -> str:
    """Write bytes in the unit that suits: `3.2 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
