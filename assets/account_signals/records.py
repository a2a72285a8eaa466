"""`signals/*`: what was found out about each account, in Postgres.

Belongs here: the assets, and their step. Does not: asking (`nooks_dagster.signals`), the signals (`assets/signals/`).

One step for all signals, so that the slow tail of one batch is filled with the accounts of the next, whatever its
signal: no worker stands idle.
"""

from collections.abc import Iterator

import dagster as dg

from assets.account_signals import catalog
from assets.account_signals.config import SignalConfig
from assets.account_signals.relaying import Told, relayed
from assets.account_signals.specs import key_of, specs
from assets.partitions import workspaces
from resources.signals import SignalsResource


@dg.multi_asset(name="account_signals", specs=specs(), can_subset=True, partitions_def=workspaces, pool="llm")
def account_signals(
    context: dg.AssetExecutionContext, config: SignalConfig, signals: SignalsResource
) -> Iterator[Told]:
    """Ask what is due about the accounts of a workspace."""
    chosen = [signal for signal in catalog.signals() if key_of(signal) in context.selected_asset_keys]
    yield from relayed(context, config, chosen, signals)
