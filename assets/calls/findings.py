"""What is wrong with the calls of all workspaces: a line for each finding, with what to do.

Belongs here: from the engine's answers to lines of a table. Does not: when they are asked (`assets.calls.checks`), the
answers (`nooks_dagster.calls.reporting.lacking`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from assets.calls.specs import NAMES
from assets.judging import WHAT, BaseEvidence, Finding
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reporting import lacking
from nooks_dagster.calls.reporting.lacking import Pace

SLOW_SECONDS = 60.0  # the transcriber takes some 10 for a long call, a rep looks into the CRM within minutes
FAILED_SHARE = 0.05  # twice what the provider's own errors make of it, and some
FAILED_FLOOR = 5  # one in a batch of ten is no incident
LATE = timedelta(minutes=15)


class Evidence(BaseEvidence):
    """What is known of the calls of all workspaces."""

    @cached_property
    def paces(self) -> Sequence[Pace]:
        """How the calls of the last hour went."""
        return lacking.paces(self.conn)

    def unbalanced(self) -> Iterator[Finding]:
        """Yield closed hours that hold more calls than records, refusals and dead letters."""
        for one in lacking.unbalanced(self.conn):
            what = one.reason or "It is tried again by itself; `nooks calls status` tells whether live workers run."
            words = {"hour": _time(one.hour), "workspace": one.workspace, "open": f"{one.open:,} of {one.accepted:,}"}
            yield Finding(NAMES[Stage.RECORD], {**words, "since": _time(one.since), WHAT: what})

    def unclosed(self) -> Iterator[Finding]:
        """Yield hours that are not closed though they should be."""
        for one in lacking.unclosed(self.conn, LATE):
            what = one.reason or "Are the daemon running, and `call_hours_sensor` on?"
            yield Finding(NAMES[Stage.TRANSCRIBE], {"hour": _time(one.hour), "since": _time(one.since), WHAT: what})

    def slow(self) -> Iterator[Finding]:
        """Yield workspaces whose calls of the last hour took too long, or wait for too long by now."""
        for one in self.paces:
            if max(one.p95_seconds or 0.0, one.waiting_seconds) > SLOW_SECONDS:
                p95 = "-" if one.p95_seconds is None else f"{one.p95_seconds:,.1f} s"
                what = "Does the transcriber answer, and do live workers run? `nooks calls status` tells."
                waits = f"{one.waiting_seconds:,.0f} s"
                yield Finding(
                    NAMES[Stage.RECORD],
                    {"workspace": one.workspace, "p95": p95, "calls": f"{one.calls:,}", "waits now": waits, WHAT: what},
                )

    def failing(self) -> Iterator[Finding]:
        """Yield workspaces of whose calls of the last hour too many fail."""
        for one in sorted(self.paces, key=lambda one: -(one.failing + one.dead) / one.calls):
            failed = one.failing + one.dead
            if failed >= FAILED_FLOOR and failed > FAILED_SHARE * one.calls:
                what = "`nooks calls status` tells why; what is failing is tried again by itself."
                share = f"{failed / one.calls:.1%} of {one.calls:,}"
                yield Finding(NAMES[Stage.RECORD], {"workspace": one.workspace, "failed": share, WHAT: what})

    def undelivered(self) -> Iterator[Finding]:
        """Yield integrations that have not taken an activity for long, or of which some were given up."""
        for one in lacking.undelivered(self.conn):
            if one.dead or (one.waited > LATE and not one.rests):
                what = one.reason or "It is tried again by itself; `nooks status` tells whether its CRM answers."
                words = {"workspace": one.workspace, "integration": one.integration, "waiting": f"{one.waiting:,}"}
                words |= {"given up": f"{one.dead:,}", "since": _time(one.since), WHAT: what}
                yield Finding(NAMES[Stage.DELIVER], words)

    def given_up(self) -> Iterator[Finding]:
        """Yield why stages of calls were given up."""
        for one in lacking.given_up(self.conn):
            what = f"{one.reason or one.failure or ''} Then `nooks calls replay --stage {one.stage}`."
            words = {"workspace": one.workspace, "stage": one.stage, "calls": f"{one.calls:,}"}
            words |= {"such as": f"call {one.call}", "since": _time(one.since), WHAT: what.strip()}
            yield Finding(NAMES.get(Stage(one.stage)) if one.stage in set(Stage) else None, words)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
