"""What is wrong with the signals of all workspaces: a line for each finding, with what to do.

Belongs here: from the engine's answers to lines of a table. Does not: when they are asked
(`assets.account_signals.checks`), the answers (`nooks_dagster.signals`, `nooks_dagster.llm`).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property

from assets.account_signals.catalog import signals
from assets.judging import WHAT, BaseEvidence, Finding
from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.settings import settings
from nooks_dagster.signals.status import SignalStatus, statuses

OVERDUE = timedelta(hours=30)  # a night, and what a large book takes


class Evidence(BaseEvidence):
    """What is known of the signals of all workspaces."""

    @cached_property
    def standing(self) -> Sequence[SignalStatus]:
        """How each signal of each workspace stands."""
        return statuses(self.conn, [signal.name for signal in signals()])

    def failing(self) -> Iterator[Finding]:
        """Yield signals of which more accounts fail than may, the largest share first."""
        bounds = settings()
        for one in sorted(self.standing, key=lambda each: -each.failed_share):
            if one.failing >= bounds.signals_failed_floor and one.failed_share > bounds.signals_failed_share:
                what = "They are tried again by themselves; `nooks signals status` tells why they failed."
                yield _line(one, {"failed": f"{one.failing:,}", "share": f"{one.failed_share:.1%}", WHAT: what})

    def overdue(self) -> Iterator[Finding]:
        """Yield signals whose answers have expired and were not asked for again."""
        for one in self.standing:
            if one.overdue and one.overdue > OVERDUE and one.version != "held":
                what = "Are the daemon running, and `account_research_nightly` and `due_work_sensor` on?"
                yield _line(one, {"overdue for": f"{one.overdue / timedelta(hours=1):.0f} h", WHAT: what})

    def deferred(self) -> Iterator[Finding]:
        """Yield signals that wait because a cap on spend is reached."""
        for one in self.standing:
            if one.deferred:
                what = "It goes on when the day is over (UTC), or with a higher cap: `nooks signals caps`."
                yield _line(one, {"waiting": f"{one.deferred:,}", "USD today": f"{one.usd_today:.2f}", WHAT: what})

    def held(self) -> Iterator[Finding]:
        """Yield signals whose new version waits for a person's word, once each."""
        for one in {one.signal: one for one in self.standing if one.version == "held"}.values():
            yield Finding(one.signal, {"signal": one.signal, WHAT: one.version_reason})

    def bought_twice(self) -> Iterator[Finding]:
        """Yield signals that paid for answers which another had by then."""
        for one in self.standing:
            if one.duplicates:
                what = "Workers died or stalled for longer than a lease; `nooks signals cost` tells what it cost."
                yield _line(one, {"in 30 days": f"{one.duplicates:,}", WHAT: what})

    def unanswered(self) -> Iterator[Finding]:
        """Yield the provider's outage."""
        if outage := Breakers(self.db).outages().get("openai"):
            what = "No account fails for it; everything goes on by itself once it answers."
            since = f"{outage.since:%Y-%m-%d %H:%M}"
            yield Finding(None, {"provider": outage.key, "since": since, "probes": f"{outage.probes}", WHAT: what})


def _line(one: SignalStatus, words: dict[str, str]) -> Finding:
    return Finding(one.signal, {"workspace": one.workspace, "signal": one.signal, **words})
