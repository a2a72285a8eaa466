"""The code location: the only place that sees all the folders.

Belongs here: assembly. Does not: any object of its own.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg

from nooks_dagster.shadows import forbid_shadows

forbid_shadows()  # before the first import that a shadow would break with another message

import assets
from assets.account_signals.jobs import account_research, signal_jobs
from assets.calls.jobs import calls_closing, calls_live
from assets.calls.replaying import calls_replay
from assets.crm.counts import crm_count_reconciliation
from assets.crm.jobs import crm_historical_sync, crm_incremental_sync, crm_sweep
from assets.crm.upkeep import crm_lake_compaction
from assets.retention import ledger_retention
from resources.calls import CallsResource
from resources.crm import CrmResource
from resources.lake import LakeResource
from resources.lake_io_manager import LakeIOManager
from resources.postgres import PostgresResource
from resources.research import ResearchResource
from resources.signals import SignalsResource
from resources.warehouse_io_manager import WarehouseIOManager
from schedules.changes import crm_changes, crm_changes_nightly
from schedules.checks import checks, checks_every_15_minutes, slow_checks, slow_checks_hourly
from schedules.counts import crm_count_reconciliation_nightly
from schedules.crm_sweeps import crm_late_pass_by_the_clock, crm_sweep_by_the_clock
from schedules.crm_sync import crm_incremental_sync_by_the_clock
from schedules.retention import ledger_retention_nightly
from schedules.signals import account_research_by_the_clock
from schedules.upkeep import crm_lake_compaction_nightly
from sensors.call_hours_sensor import call_hours_sensor
from sensors.changed_accounts_sensor import changed_accounts_sensor
from sensors.due_work_sensor import due_work_sensor
from sensors.new_workspace_sensor import new_workspace_sensor


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions of the platform.

    Args:
        resource_overrides: Resources to use instead of the default ones of the same key, for tests and tools.
    """
    modules = asset_modules()
    return dg.Definitions(
        assets=dg.load_assets_from_modules(modules, include_specs=True),
        asset_checks=dg.load_asset_checks_from_modules(modules),
        jobs=[
            account_research,
            calls_closing,
            calls_live,
            calls_replay,
            checks,
            crm_changes,
            crm_count_reconciliation,
            crm_historical_sync,
            crm_incremental_sync,
            crm_lake_compaction,
            crm_sweep,
            ledger_retention,
            *signal_jobs,
            slow_checks,
        ],
        schedules=[
            account_research_by_the_clock,
            checks_every_15_minutes,
            crm_changes_nightly,
            crm_count_reconciliation_nightly,
            crm_incremental_sync_by_the_clock,
            crm_lake_compaction_nightly,
            crm_late_pass_by_the_clock,
            crm_sweep_by_the_clock,
            ledger_retention_nightly,
            slow_checks_hourly,
        ],
        sensors=[call_hours_sensor, changed_accounts_sensor, due_work_sensor, new_workspace_sensor],
        executor=dg.in_process_executor,  # 46 ms a step, where a process of its own takes 430 ms
        resources={**default_resources(), **(resource_overrides or {})},
    )


def asset_modules() -> list[ModuleType]:
    """Return every module below `assets/`, in folders without an `__init__.py` too.

    Dagster's own walk passes those over in silence, and they are what `dg scaffold defs` makes.
    """
    folder = Path(str(assets.__file__)).parent
    names = (path.relative_to(folder.parent).with_suffix("").parts for path in sorted(folder.rglob("*.py")))
    return [import_module(".".join(parts).removesuffix(".__init__")) for parts in names]


def default_resources() -> dict[str, Any]:
    """Return the resources by key; addresses come from the environment when a run starts."""
    postgres = PostgresResource(url=dg.EnvVar("NOOKS_POSTGRES_URL"))
    lake = LakeResource(bucket=dg.EnvVar("NOOKS_LAKE_BUCKET"))
    return {
        "calls": CallsResource(postgres=postgres, lake=lake),
        "crm": CrmResource(postgres=postgres, lake=lake),
        "io_manager": LakeIOManager(lake=lake),
        "lake": lake,
        "lake_io_manager": LakeIOManager(lake=lake),
        "postgres": postgres,
        "research": ResearchResource(postgres=postgres, lake=lake),
        "signals": SignalsResource(postgres=postgres, lake=lake),
        "warehouse_io_manager": WarehouseIOManager(postgres=postgres),
    }


defs = build_defs()
