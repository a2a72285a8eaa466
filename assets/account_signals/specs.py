"""How signals present themselves: description, columns, owners, freshness.

Belongs here: the specs, made from the declarations so that table and UI can't disagree. Does not: the work
(`assets.account_signals.records`).
"""

import inspect
from datetime import timedelta

import dagster as dg

from assets.account_signals.catalog import signals
from assets.crm.specs import OWNERS
from assets.judging import health_of
from assets.partitions import workspaces
from assets.research.documents import KEY as DOCUMENTS
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.views import columns_of

GROUP = "account_signals"
NIGHT = timedelta(hours=26)  # planned each night; what an account's answer is worth is its time to live

health = health_of("signals", "signals", OWNERS)


def key_of(signal: Signal) -> dg.AssetKey:
    """Return the key of a signal's asset."""
    return dg.AssetKey(["signals", signal.name])


def spec_of(signal: Signal) -> dg.AssetSpec:
    """Return the spec of a signal: a row of its table is a finding."""
    columns = [dg.TableColumn(name, kind, about) for name, kind, about in columns_of(signal)]
    return dg.AssetSpec(
        key_of(signal),
        deps=[DOCUMENTS],
        description=f"{signal.about}\n\n{inspect.cleandoc(signal.question)}",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"openai", "postgres", "table"},
        tags={"nooks/domain": "signals", "nooks/layer": "table", "nooks/scope": signal.scope.value},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "dagster/table_name": f"signals.{signal.name}",
            "holds_for_days": signal.time_to_live / timedelta(days=1),
            "prompt_version": signal.prompt_version,
        },
        code_version=f"{signal.prompt_version}.{signal.schema_version}",
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * NIGHT, warn_window=NIGHT),
        partitions_def=workspaces,
        skippable=True,
    ).with_io_manager_key("warehouse_io_manager")


def specs() -> list[dg.AssetSpec]:
    """Return the specs of all signals."""
    return [spec_of(signal) for signal in signals()]
