"""What one run of signals tells Dagster.

Belongs here: relaying between Dagster and the engine. Does not: asking (`nooks_dagster.signals`), what an asset's page
shows (`assets.account_signals.results`).
"""

import time
from collections.abc import Generator, Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.account_signals.config import SignalConfig
from assets.account_signals.results import estimated, materialized, observed
from assets.account_signals.specs import key_of
from assets.boundary import in_sentences
from assets.launched import launched
from nooks_dagster.crm.reporting.shown import show
from nooks_dagster.failures import Failure
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.estimates import estimate
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.trials import as_of_now
from nooks_dagster.signals.views import ensure_view
from nooks_dagster.signals.work import Platform, SignalsRun
from resources.signals import SignalsResource

OBSERVE_EVERY = 300.0  # seconds: a book of 100,000 accounts takes hours, and each observation is an event row
UNCHANGED_AGAIN = timedelta(hours=20)  # what had nothing to do is shown once a night, for its freshness

Told = dg.MaterializeResult[Any] | dg.AssetObservation


def relayed(
    context: dg.AssetExecutionContext, config: SignalConfig, signals: Sequence[Signal], resource: SignalsResource
) -> Iterator[Told]:
    """Ask what is due of the selected signals; tell of each that something came of, and of all when a person asked.

    Raises:
        dg.Failure: It broke, or too many accounts failed; in sentences without what a page or a record holds.
    """
    with in_sentences():
        run = _run(context, config)
        platform = resource.platform()
        if config.estimate_only:
            yield from (estimated(signal, run.workspace, estimate(platform, run, signal)) for signal in signals)
            return
        with platform.db.transaction() as conn:
            for signal in signals:
                ensure_view(conn, signal)
        work = WorkspaceSignals(platform, run, signals)
        broken = yield from _under_way(work, run, signals)
        yield from _told(work, run, signals, platform, only_news=broken is not None)
        if broken:
            raise broken


def _under_way(
    work: WorkspaceSignals, run: SignalsRun, signals: Sequence[Signal]
) -> Generator[dg.AssetObservation, None, Failure | None]:
    """Work, and tell how far it is; return what broke it: the answers until then stand, and are to be shown."""
    looked_at = time.monotonic()
    try:
        for _ in work.beats():
            if time.monotonic() - looked_at >= OBSERVE_EVERY:
                looked_at = time.monotonic()
                yield from (observed(signal, run.workspace, work.counts(signal.name)) for signal in signals)
    except Failure as error:
        return error
    return None


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


def _run(context: dg.AssetExecutionContext, config: SignalConfig) -> SignalsRun:
    run = launched(context)
    return SignalsRun(run.workspace, run.run_id, run.launch, run.work_class, config.request())
