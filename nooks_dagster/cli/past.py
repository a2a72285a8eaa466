"""What was, in words: the last window of each object, the lag of a day as a line of blocks, fields that changed.

Belongs here: layout of what is over. Does not: how things stand now (`cli.status`, `cli.wording`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rich.markup import escape
from rich.table import Table

from nooks_dagster.cli.wording import KINDS, moment, span
from nooks_dagster.crm.reporting.past import LastWindow
from nooks_dagster.crm.rows.schema_changes import SchemaChange

BLOCKS = "▁▂▃▄▅▆▇█"
SHOWN_CHANGES = 5
NUMBERS = ("rows", "inserted", "updated", "unchanged", "deleted")


def last_table(last: Mapping[str, LastWindow]) -> Table:
    """Draw the last finished window of each object: what it read, what came of it, what it cost."""
    table = Table(box=None, pad_edge=False)
    table.add_column("last window", overflow="fold")
    table.add_column("ended (UTC)")
    for name in (*NUMBERS, "calls", "took"):
        table.add_column(name, justify="right")
    for source, window in last.items():
        numbers = [f"{window.counts[name]:,}" for name in NUMBERS]
        calls = f"{sum(window.calls.values()):,}" if window.calls else ""
        what = f"{escape(source)}: {KINDS.get(window.kind, window.kind)}"
        table.add_row(
            what, f"{window.finished_at:%m-%d %H:%M}", *numbers, calls, span(timedelta(seconds=window.seconds))
        )
    return table


def lags_line(lags: Sequence[timedelta]) -> str:
    """Draw how far the worst object lagged behind over the last day, oldest first."""
    top = max(lags).total_seconds() or 1.0
    blocks = "".join(BLOCKS[min(7, int(8 * lag.total_seconds() / top))] for lag in lags)
    return f"lag over 24 h {blocks} at most {span(max(lags))}, now {span(lags[-1])}"


def drift_lines(changes: Sequence[SchemaChange]) -> Iterator[str]:
    """Say which fields came, went or were retyped lately, the latest first."""
    for change in changes[:SHOWN_CHANGES]:
        yield f"Field {change.lane}.{change.field} {change.words} ({moment(change.noticed_at)})."
    if len(changes) > SHOWN_CHANGES:
        yield f"… and {len(changes) - SHOWN_CHANGES:,} more fields changed within a week."
