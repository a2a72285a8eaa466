"""What one run of signals tells Dagster.

Belongs here: relaying between Dagster and the engine. Does not: asking (`nooks_dagster.signals`), what an asset's page
shows (`assets.account_signals.results`).
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.account_signals.results import estimated, materialized, observed
from assets.account_signals.specs import key_of
from assets.pace import OBSERVE_EVERY
from assets.research.relaying import Documents, Told
from nooks_dagster.crm.reporting.shown import show
from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.estimates import estimate
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.trials import as_of_now
from nooks_dagster.signals.views import ensure_view
from nooks_dagster.signals.work import Platform, SignalsRun

UNCHANGED_AGAIN = timedelta(hours=20)  # what had nothing to do is shown once a night, for its freshness


def relayed(
    run: SignalsRun, signals: Sequence[Signal], platform: Platform, documents: Documents | None
) -> Iterator[Told]:
    """Ask what is due of the selected signals; tell of each that something came of, and of all when a person asked.

    Args:
        run: Who asks.
        signals: What is asked.
        platform: What it stands on.
        documents: What is read meanwhile, None for a run that only asks.

    Raises:
        Failure: It broke, too many accounts failed, or the table of a signal could not be made: that is asked, for its
            answers are read elsewhere too, but not told of.
    """
    untold = _without_table(platform, signals)
    work = WorkspaceSignals(platform, run, signals, documents.reading if documents else None)
    broken = yield from _under_way(work, run, signals, documents)
    told = [signal for signal in signals if signal.name not in untold]
    yield from _told(work, run, told, platform, only_news=broken is not None)
    for failure in (broken, *untold.values()):
        if failure:
            raise failure
    if documents:
        documents.check()


def _without_table(platform: Platform, signals: Sequence[Signal]) -> Mapping[str, Permanent]:
    """Make the tables of signals that are new or changed; return why some could not be, by signal."""
    untold: dict[str, Permanent] = {}
    for signal in signals:
        try:
            with platform.db.transaction() as conn:
                ensure_view(conn, signal)
        except Permanent as failure:
            untold[signal.name] = failure
    return untold


def _under_way(
    work: WorkspaceSignals, run: SignalsRun, signals: Sequence[Signal], documents: Documents | None
) -> Generator[Told, None, Failure | None]:
    """Work, and tell how far it is; return what broke it: the answers until then stand, and are to be shown.

    Documents are told of as soon as all are read, while accounts are still asked about.
    """
    looked_at, unread, broken = time.monotonic(), documents, None
    try:
        for _ in work.beats():
            if unread and unread.reading.done:
                yield unread.materialized()
                unread = None
            if time.monotonic() - looked_at >= OBSERVE_EVERY:
                looked_at = time.monotonic()
                yield from (observed(signal, run.workspace, work.counts(signal.name)) for signal in signals)
                if unread:
                    yield unread.observed()
    except Failure as error:
        broken = error
    if unread and unread.reading.done:
        yield unread.materialized()
    return broken


def estimates(run: SignalsRun, signals: Sequence[Signal], platform: Platform) -> Iterator[Told]:
    """Tell what asking the selected signals would cost; nothing is asked."""
    yield from (estimated(signal, run.workspace, estimate(platform, run, signal)) for signal in signals)


def _told(
    work: WorkspaceSignals, run: SignalsRun, signals: Sequence[Signal], platform: Platform, *, only_news: bool
) -> Iterator[dg.MaterializeResult[Any]]:
    for signal in signals:
        key, counts = key_of(signal).to_user_string(), work.counts(signal.name)
        if only_news and not counts.ended:
            continue
        again = timedelta() if run.launch is None or counts.ended else UNCHANGED_AGAIN
        with platform.db.transaction() as conn:
            if show(conn, run.workspace, [key], again):
                planned = work.version(signal.name)
                version = as_of_now(conn, planned) if planned else None
                yield materialized(conn, signal, run.workspace, counts, version)
