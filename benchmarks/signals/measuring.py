"""Both shapes on the same book, one after the other, each on a copy of the database: clean, and with troubles.

Belongs here: the order of a measurement. Does not: its parts (`book`, `reading`, `our_side`, `nested_side`).
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial

from benchmarks import machine
from benchmarks.crms import SALESFORCE
from benchmarks.services import Services, services
from benchmarks.signals import book
from benchmarks.signals.meter import Metered, metered
from benchmarks.signals.nested_side import Given, Nested
from benchmarks.signals.our_side import Ours
from benchmarks.signals.processes import together
from benchmarks.signals.report import Research, Side, SignalsReport
from benchmarks.signals.terms import IN_FLIGHT, MEAN_SECONDS, Terms
from benchmarks.signals.truth import Judge, judged
from benchmarks.watching import Watch
from benchmarks.work import Work, run
from nooks_dagster.settings import Settings

SIGNALS = ("tech_stack", "leadership_hires", "funding")
START_SECONDS = 120
SLOWEST_PACE = 1.0
"""Sites a second: a research that is slower is stopped, and the measurement has failed."""
SETTINGS: Mapping[str, str] = {
    "NOOKS_LLM_REQUESTS_IN_FLIGHT": str(IN_FLIGHT),
    "NOOKS_LLM_LIVE_REQUESTS": "0",  # nobody calls meanwhile
    "NOOKS_LLM_USD_A_DAY": "1000000",  # caps that would measure themselves are out of the way
    "NOOKS_LLM_USD_A_DAY_OF_WORKSPACE": "1000000",
    "NOOKS_LLM_USD_A_DAY_OF_KIND": "1000000",
}


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Args:
        where: The services, with an org that has the book.
        terms: How the provider goes.
        signals: What is asked.
        troubled: Whether both shapes are measured with troubles too.
    """

    where: Services
    terms: Terms
    signals: Sequence[str]
    troubled: bool = True

    def measure(self, load: float) -> SignalsReport:
        """Return the report.

        Raises:
            Failure: It could not be measured; says why.
        """
        research = self._read()
        ours, again = self._ours(troubled=False)
        sides = {"ours": ours, "nested": self._nested(troubled=False)}
        if self.troubled:
            sides["ours, troubled"] = self._ours(troubled=True)[0]
            sides["nested, troubled"] = self._nested(troubled=True)
        return SignalsReport(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            release=machine.release(),
            accounts=len(self._accounts),
            signals=self.signals,
            model=Settings().llm_model,
            in_flight=IN_FLIGHT,
            time_scale=self.terms.scale,
            terms=self.terms.world(),
            machine=machine.facts(self.where.url),
            load_before=round(load, 2),
            research=research,
            again_seconds=again[0],
            again_sold=again[1],
            sides=sides,
        )

    @cached_property
    def _accounts(self) -> list[book.Account]:
        return book.accounts(self.where.url)

    @cached_property
    def _given(self) -> Given:
        """What the nested shape gets; made by a process that reaches the lake."""
        path = self.where.folder / "given.json"
        together("benchmarks.signals.questions", [[str(path), *self.signals]], self.where.variables, self.where.folder)
        return Given(**json.loads(path.read_text()))

    @cached_property
    def _judge(self) -> Judge:
        expected = book.truth(self.where, self.signals)
        asked = {account.id for account in self._accounts}
        here = {pair: stated for pair, stated in expected.items() if pair[0] in asked}
        return partial(judged, here, read=book.pages_read(self.where.url))

    def _read(self) -> Research:
        """Bring accounts and documents there."""
        self._run("benchmarks.sync", "accounts")
        with metered(self.where) as seen:
            work = self._run("benchmarks.signals.reading")
        return _research(work, seen)

    def _run(self, module: str, *arguments: str) -> Work:
        where = self.where
        seconds = START_SECONDS + self.terms.accounts / SLOWEST_PACE
        watch = Watch(where.running["postgres"].pid)
        return run(module, arguments, where.variables, where.folder, seconds, watch)

    def _ours(self, *, troubled: bool) -> tuple[Side, tuple[float, int]]:
        """Measure ours, and what it takes to be asked again when nothing has changed."""
        where = self._keyed("ours", troubled=troubled)
        with book.copied(where.url, "ours") as url:
            ours = Ours(where, url, self.signals, {account.id for account in self._accounts}, self.terms)
            side = ours.measure(troubled=troubled, judge=self._judge)
            with metered(where) as seen:
                (again,) = ours.run(1)
        return side, (round(again.told["seconds"], 3), seen.sold.answers)

    def _nested(self, *, troubled: bool) -> Side:
        where = self._keyed("nested", troubled=troubled)
        with book.copied(where.url, "nested") as url:
            return Nested(where, url, self._given, self.terms).measure(troubled=troubled, judge=self._judge)

    def _keyed(self, name: str, *, troubled: bool) -> Services:
        """Return the services with a key of a side's own: the provider's limits and prompt cache are by key."""
        key = f"sk-sandbox-{name}{'-troubled' * troubled}"
        return replace(self.where, variables={**self.where.variables, "OPENAI_API_KEY": key})


def measure(accounts: int, scale: float, signals: Sequence[str] = SIGNALS, *, troubled: bool = True) -> SignalsReport:
    """Measure both shapes on a book of about so many accounts, on services of its own; with troubles too, or not.

    Raises:
        Failure: It could not be measured; says why.
    """
    load = os.getloadavg()[0]
    terms = Terms(accounts, scale, accounts * len(signals) * MEAN_SECONDS * scale / IN_FLIGHT)
    with services(SALESFORCE, accounts, terms.world(), SETTINGS) as where:
        return Measurement(where, terms, signals, troubled).measure(load)


def _research(work: Work, seen: Metered) -> Research:
    facts = work.facts
    return Research(
        sites=facts["sites"],
        pages=facts["pages"],
        documents=facts["documents"],
        outcomes=facts["outcomes"],
        seconds=round(work.seconds, 3),
        cpu={"platform": round(work.cpu, 2), **seen.cpu},
        peak_mb={"platform": round(work.peak_mb, 1), **seen.peak_mb},
    )
