"""`research/documents` and `signals/*`: what accounts' web sites say, and what was found out about each account.

Belongs here: the assets, and their step. Does not: reading (`nooks_dagster.research`), asking
(`nooks_dagster.signals`), the signals (`assets/signals/`).

One step for documents and all signals: accounts are asked about while the sites of others are still being read, and the
slow tail of one batch is filled with the accounts of the next, whatever its signal.
"""

from collections.abc import Iterator

import dagster as dg

from assets.account_signals import catalog
from assets.account_signals.config import ResearchConfig
from assets.account_signals.relaying import estimates, relayed
from assets.account_signals.specs import key_of, specs
from assets.boundary import in_sentences
from assets.launched import launched
from assets.partitions import workspaces
from assets.research import documents
from assets.research.relaying import Documents, Told
from nooks_dagster.signals.removing import give_up_removed
from nooks_dagster.signals.work import SignalsRun
from resources.research import ResearchResource
from resources.signals import SignalsResource


@dg.multi_asset(
    name="account_signals",
    specs=[documents.spec(), *specs()],
    can_subset=True,
    partitions_def=workspaces,
    pool="llm",
)
def account_signals(
    context: dg.AssetExecutionContext, config: ResearchConfig, research: ResearchResource, signals: SignalsResource
) -> Iterator[Told]:
    """Read what is due of the accounts of a workspace, and ask it."""
    chosen = [signal for signal in catalog.signals() if key_of(signal) in context.selected_asset_keys]
    with in_sentences():
        work = launched(context)
        run = SignalsRun(work.workspace, work.run_id, work.launch, work.work_class, config.request())
        if config.estimate_only:
            yield from estimates(run, chosen, signals.platform())
            return
        reads = documents.KEY in context.selected_asset_keys
        pages = Documents(research.platform(), work, config.wish()) if reads else None
        if chosen:
            platform = signals.platform()
            with platform.db.transaction() as conn:
                give_up_removed(conn, run.scope, [signal.name for signal in catalog.signals()])
            yield from relayed(run, chosen, platform, pages)
        elif pages:
            yield from pages.relayed()
