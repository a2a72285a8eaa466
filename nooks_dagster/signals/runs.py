"""One run's signals of a workspace: join the launch, read, plan whom to ask, drain the batches, tell how it went.

Belongs here: putting the parts together for one run. Does not: Dagster; the asset only relays.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, nullcontext
from datetime import timedelta
from functools import partial

from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper, keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.turns import Turn
from nooks_dagster.research.accounts import refresh_accounts
from nooks_dagster.research.beside import Reading
from nooks_dagster.signals import trials
from nooks_dagster.signals.asking import Asker
from nooks_dagster.signals.batches import Batches
from nooks_dagster.signals.committing import Committer
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.draining import IDLE_SECONDS, Drain
from nooks_dagster.signals.own import own
from nooks_dagster.signals.planning import Planner
from nooks_dagster.signals.plans import claimed_plans
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import BatchReport, Counts
from nooks_dagster.signals.rounds import Rounds
from nooks_dagster.signals.standing import follow, sites_of
from nooks_dagster.signals.trials import Version
from nooks_dagster.signals.work import Platform, SignalsRun, lane_of

BEAT_SECONDS = 0.5


class WorkspaceSignals:
    """Asks one or more signals about the accounts of one workspace, once.

    Args:
        platform: What it stands on.
        run: Who asks.
        signals: What is asked; batches of others stay for their own.
        reading: Looks at sites meanwhile, None for a run that only asks.

    Raises:
        Permanent: All accounts are to be asked again, whatever is known: that is never meant.
    """

    def __init__(
        self, platform: Platform, run: SignalsRun, signals: Sequence[Signal], reading: Reading | None = None
    ) -> None:
        if run.request.again and not run.request.accounts:
            raise Permanent(
                "Asking again needs accounts to ask about.",
                subject=f"workspace {run.workspace}",
                next_step="Name them (`accounts`); a new prompt_version asks about all.",
            )
        self._platform = platform
        self._run = run
        self._signals = signals
        self._reading = reading
        self._counts = {signal.name: Counts() for signal in signals}
        self._versions: Mapping[str, Version] = {}
        self._ledger = Ledger.of(platform.db, platform.settings, run.run_id)

    def run(self) -> Iterator[BatchReport]:
        """Do what `beats` does, and yield the reports alone."""
        with closing(self.beats()) as beats:
            for report in beats:
                if report:
                    yield report

    def beats(self) -> Generator[BatchReport | None, None, None]:
        """Work until nothing is due; yield a report as each batch leaves, and None at least once a second.

        Raises:
            Unauthorized: The provider refuses the key.
            Permanent: More accounts failed than the settings allow (`signals_failed_share`).
            Unavailable: Postgres or the lake does not answer.
        """
        run, settings = self._run, self._platform.settings
        with Launches.of(self._platform.db, settings).joined(run.scope, run.run_id, run.work_class, run.launch) as n:
            with keeping(settings, (run.scope, n)) as keeper:
                yield from self._work(keeper)
            self._judge()

    def counts(self, signal: str) -> Counts:
        """Return what this run has made of one signal so far."""
        return self._counts[signal]

    def version(self, signal: str) -> Version | None:
        """Return the version that this run asks in, None before it has planned: its trial may hold accounts back."""
        return self._versions.get(signal)

    @property
    def _looks_at_all(self) -> bool:
        """Whether it may end a plan, which means all accounts and signals; a click on some leaves it."""
        return self._run.request.is_plain and (self._run.launch is not None or self._reading is not None)

    def _work(self, keeper: LeaseKeeper) -> Iterator[BatchReport | None]:
        """Ask what is due, beside the reading if there is any: its plans end when all that was read is planned."""
        questions, reading = self._questions(), self._reading
        with ExitStack() as plans:
            claims: Sequence[Claim] = ()
            if self._looks_at_all:
                claims = plans.enter_context(claimed_plans(self._ledger, keeper, self._run))
            with reading.beside(keeper) if reading else nullcontext():
                while reading and not reading.planned(BEAT_SECONDS):
                    yield None
                rounds = yield from self._prepared(questions)
                if reading is None or self._run.request.is_plain:
                    yield from (None for _ in rounds.all())
                if reading is None:
                    plans.close()
                try:
                    more = partial(self._more, rounds, plans, claims)
                    yield from self._asked(self._drain(keeper, questions, rounds.only, more))
                except Failure:
                    yield from self._read_on()
                    raise
            if reading:
                reading.check()

    def _asked(self, drain: Drain) -> Iterator[BatchReport | None]:
        with closing(drain.run()) as reports:
            try:
                for report in reports:
                    if report:
                        self._counts[report.signal].add(report.counts)
                    yield report
            except BaseException as error:
                if self._reading and not isinstance(error, Failure):
                    self._reading.stop()  # before what is being asked is waited for
                raise

    def _read_on(self) -> Iterator[None]:
        """Read to the end though nobody can be asked: pages are of use to whoever asks next."""
        reading = self._reading
        ended = reading is None
        while reading and not ended:
            ended = reading.ended
            reading.take()
            yield None
            time.sleep(0.0 if ended else BEAT_SECONDS)

    def _more(self, rounds: Rounds, plans: ExitStack, claims: Sequence[Claim]) -> bool:
        """Plan whom the reading has looked at since; say if it goes on. At its end all that is due is planned."""
        reading, plain = self._reading, self._run.request.is_plain
        if reading is None:
            return False
        for claim in claims:
            claim.progressed_at = time.monotonic()  # a plan is kept for as long as its sites are read
        ended = reading.ended
        read = reading.take()
        if plain:
            rounds.looked_at(read)
        if ended and reading.done:
            for _ in rounds.all() if reading.found_work or not plain else ():
                pass
            plans.close()
        return not ended

    def _questions(self) -> Mapping[str, Question]:
        with self._platform.db.transaction() as conn:
            facts = own(conn, self._run.workspace)
        model = self._platform.settings.llm_model
        return {signal.name: Question.of(signal, self._run.workspace, model, facts) for signal in self._signals}

    def _prepared(self, questions: Mapping[str, Question]) -> Generator[None, None, Rounds]:
        """Take over what syncs changed, and bring up to it what applications read."""
        run, planner = self._run, Planner(self._ledger, self._platform.lake, self._platform.settings)
        with self._platform.db.transaction() as conn:
            refresh_accounts(conn, run.workspace)
            sites = sites_of(conn, run.workspace, run.request.accounts)
        for name, question in questions.items():
            self._hurry(name)
            for _ in follow(self._platform.db, question):
                yield None
        rounds = Rounds(planner, run, questions, sites)
        self._versions = rounds.versions
        return rounds

    def _hurry(self, signal: str) -> None:
        """Let what waits for a cap or a clock go on because a person asks, and a version that waits for a word."""
        if self._run.launch is not None:
            return
        with self._platform.db.transaction() as conn:
            if self._run.request.spread:
                trials.spread(conn, signal)
            if not self._run.request.accounts:
                self._ledger.expedite(conn, lane_of(self._run.scope, signal), self._run.work_class, below=False)

    def _drain(
        self,
        keeper: LeaseKeeper,
        questions: Mapping[str, Question],
        only: Sequence[str] | None,
        more: Callable[[], bool],
    ) -> Drain:
        platform, settings = self._platform, self._platform.settings
        batches = Batches(self._ledger, keeper, platform.lake, self._run.scope, questions, only)
        asker = Asker(
            platform.db,
            platform.seller,
            platform.library,
            Committer(platform.db, platform.seller, self._run.run_id),
            attempts=settings.signals_attempts,
            rest=timedelta(hours=settings.signals_error_hours),
            most=settings.signals_prompt_chars,
        )
        turn = Turn.of(self._run, settings.signals_turn_minutes)
        patience = IDLE_SECONDS if self._run.launch is not None else float(settings.patience_seconds)
        return Drain(
            batches,
            asker,
            lambda suspects: turn.claimed(partial(batches.claim, self._run.most, suspects)),
            more,
            workers=settings.signals_workers,
            patience=patience,
            stall=float(settings.stall_seconds),
            nice=settings.background_nice,
        )

    def _judge(self) -> None:
        total, settings = Counts(), self._platform.settings
        for counts in self._counts.values():
            total.add(counts)
        if total.failed < settings.signals_failed_floor or total.failed <= settings.signals_failed_share * total.ended:
            return
        raise Permanent(
            f"{total.failed} of {total.ended} accounts are errors, more than {settings.signals_failed_share:.0%}.",
            subject=f"workspace {self._run.workspace}",
            next_step="`nooks signals status` tells why; they are tried again by themselves.",
        )
