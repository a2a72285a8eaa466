"""What is wrong with the CRM records of all workspaces: a line for each finding, with what to do.

Belongs here: from the engine's answers to lines of a table. Does not: when they are asked (`assets.crm.checks`), the
answers (`nooks_dagster.crm`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from assets.judging import WHAT, BaseEvidence, Finding
from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.crm.access.allowance import quota_of, share_of
from nooks_dagster.crm.changes.days import overdue_days
from nooks_dagster.crm.counts.differing import Difference, differences
from nooks_dagster.crm.reporting.lag import Late, late_lanes
from nooks_dagster.crm.reporting.overview import DiscoveryStatus, discoveries
from nooks_dagster.crm.reporting.status import LaneStatus, Standing, Unmerged, lane_statuses, unmerged_parts
from nooks_dagster.crm.rows.schema_changes import LATELY, SchemaChange, schema_changes
from nooks_dagster.crm.sweeps.guard import WithheldRows, withheld
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

NEARLY = 0.9  # of the share at which what is due stops
TOLD_LATELY = timedelta(hours=24)  # a count of calls that is older is of another day
STANDING: Mapping[Standing, str] = {
    Standing.COMPLETE: "No sync was started: is the daemon running, and the schedule of the incremental syncs on?",
    Standing.WAITING: "Waits for a run: is the daemon running, and `due_work_sensor` on?",
    Standing.READING: "It is being read; `nooks sync --follow` shows how far it is.",
}


class Evidence(BaseEvidence):
    """What is known of the CRMs of all workspaces."""

    @cached_property
    def lanes(self) -> list[LaneStatus]:
        """How each object stands."""
        return list(lane_statuses(self.conn))

    @cached_property
    def connections(self) -> list[Connection]:
        """The connections that are not removed."""
        return list(Registry(self.db).connections())

    def blocked(self) -> Iterator[Finding]:
        """Yield connections that cannot even be looked into, then lanes that do not move."""
        yield from (Finding(None, _look(one)) for one in discoveries(self.conn).values() if one.state == "blocked")
        yield from (Finding(lane.canonical, _lane(lane)) for lane in self.lanes if lane.standing is Standing.BLOCKED)

    def unmerged(self) -> Iterator[Finding]:
        """Yield parts that landed and were not merged in time."""
        yield from (Finding(part.canonical, _part(part)) for part in unmerged_parts(self.conn))

    def late(self) -> Iterator[Finding]:
        """Yield objects that lag behind by more than the cadence of their connection allows."""
        yield from (Finding(one.lane.canonical, _late(one)) for one in late_lanes(self.lanes, self.connections))

    def spent(self) -> Iterator[Finding]:
        """Yield connections whose calls of the day are nearly used up."""
        stop, known = share_of(WorkClass.INCREMENTAL), Quotas(self.db).allowances()
        for connection in self.connections:
            told = known.get(quota_of(connection))
            if connection.state is not ConnectionState.ACTIVE or told is None or told.age > TOLD_LATELY:
                continue
            part = told.used / told.allowed
            if part >= NEARLY * stop:
                rests = (
                    "Its syncs rest until some are given back." if part >= stop else f"Syncs rest from {stop:.0%} on."
                )
                what = f"{rests} Let it be read less often (`nooks connections set`), or buy more."
                used = f"{told.used:,} of {told.allowed:,}"
                yield Finding(None, {"connection": connection.id, "calls used": used, WHAT: what})

    def unanswered(self) -> Iterator[Finding]:
        """Yield kinds of CRM that answer nobody."""
        for kind, outage in sorted(Breakers(self.db).outages().items()):
            what = "No call is sent but one now and then; everything goes on by itself once it answers."
            asked = f"{outage.probes}, next in {outage.next_in.total_seconds():.0f} s"
            yield Finding(None, {"CRM": kind, "since": _time(outage.since), "asked in vain": asked, WHAT: what})

    def unconfirmed(self) -> Iterator[Finding]:
        """Yield objects of which so many rows would be deleted that a person is to say so."""
        yield from (Finding(one.canonical, _withheld(one)) for one in withheld(self.conn))

    def differing(self) -> Iterator[Finding]:
        """Yield ranges of ids that the source counts otherwise."""
        yield from (Finding(one.canonical, _difference(one)) for one in differences(self.conn))

    def drifted(self) -> Iterator[Finding]:
        """Yield fields that came, went or were retyped within a week."""
        yield from (Finding(one.canonical, _drift(one)) for one in schema_changes(self.conn, LATELY))

    def underived(self) -> Iterator[Finding]:
        """Yield days whose changes wait to be derived for longer than a night."""
        for day, workspace, since in overdue_days(self.conn):
            what = "Materialise that day of `crm/changes`, and see whether `crm_changes_nightly` is on."
            yield Finding(None, {"day": day.isoformat(), "workspace": workspace, "since": _time(since), WHAT: what})


def _look(look: DiscoveryStatus) -> dict[str, str]:
    return {
        "lane": look.connection,
        "complete until": "-",
        WHAT: look.reason or "",
        "next try": _time(look.next_try),
    }


def _lane(lane: LaneStatus) -> dict[str, str]:
    return {
        "lane": f"{lane.connection}/{lane.source}",
        "complete until": _time(lane.watermark) if lane.watermark else "no history yet",
        WHAT: lane.reason or "",
        "next try": _time(lane.next_try),
    }


def _part(part: Unmerged) -> dict[str, str]:
    return {
        "lane": part.lane,
        "part": part.uri,
        "landed": _time(part.landed_at),
        WHAT: part.reason or "Waits for its turn; the dispatcher launches it again.",
    }


def _late(one: Late) -> dict[str, str]:
    return {
        "lane": f"{one.lane.connection}/{one.lane.source}",
        "lag": f"{_minutes(one.lag)} of {_minutes(one.allowed)}",
        "complete until": _time(one.lane.watermark) if one.lane.watermark else "-",
        WHAT: one.lane.reason or STANDING.get(one.lane.standing, ""),
    }


def _withheld(one: WithheldRows) -> dict[str, str]:
    return {
        "lane": f"{one.connection}/{one.source}",
        "rows": f"{one.rows:,}",
        "since": _time(one.since),
        WHAT: one.reason or "",
    }


def _difference(one: Difference) -> dict[str, str]:
    what = f"Only there: {len(one.missing)} or more, only here: {len(one.surplus)} or more. Read it again with refresh."
    return {
        "lane": f"{one.connection}/{one.source}",
        "ids": f"{one.low or 'first'} to {one.high or 'last'}",
        "here, there": f"{one.here:,}, {one.there:,}",
        WHAT: what,
        "all ids": one.uri,
    }


def _drift(one: SchemaChange) -> dict[str, str]:
    return {
        "lane": one.lane,
        "field": one.field,
        WHAT: f"It {one.words}.",
        "noticed": _time(one.noticed_at),
    }


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:,.0f} min"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
