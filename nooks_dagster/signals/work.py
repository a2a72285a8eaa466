"""The work of signals as the ledger keeps it: plans and batches; what a run may be asked for.

Belongs here: the queues, the names of scopes and lanes, what a payload holds. Does not: doing the work
(`signals.planning`, `signals.batches`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.runs import WorkspaceRun
from nooks_dagster.llm.asking import Seller
from nooks_dagster.research.library import Library
from nooks_dagster.research.work import scope_of
from nooks_dagster.settings import Settings

PLANS = Queue("signals.plans")
"""Not serial: what a sync brought waits behind no nightly look, and one run ends all that it has seen."""
BATCHES = Queue("signals.batches")
BATCH_ACCOUNTS = 100
"""Subjects of one batch, at most: one row of the ledger, one renewal, one list in the lake."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants of a workspace's signals beyond what is due.

    Attributes:
        accounts: Ids of CRM accounts, or sites; only these are asked about. Empty for all.
        again: Ask the model again, whatever the cache holds and whenever it was asked; needs `accounts`, or a
            workspace of at most as many accounts as are tried of a new version.
        spread: Ask all accounts with a version that waits for a person's word.
    """

    accounts: tuple[str, ...] = ()
    again: bool = False
    spread: bool = False

    @property
    def is_plain(self) -> bool:
        """Say whether what is due is wanted, and no more: then who was looked at may be asked about at once."""
        return not self.accounts and not self.again


@dataclass(frozen=True, slots=True)
class SignalsRun(WorkspaceRun):
    """A run that asks about the accounts of a workspace, and whom beyond those that are due."""

    request: Request = field(default_factory=Request)

    @property
    def scope(self) -> str:
        """Return the scope that it drains."""
        return scope_of(self.workspace)


@dataclass(frozen=True, slots=True)
class Platform:
    """What signals stand on."""

    db: Database
    lake: Lake
    settings: Settings
    seller: Seller
    library: Library


def lane_of(scope: str, signal: str) -> str:
    """Return the lane of the batches of one signal."""
    return f"{scope}/{signal}"


def signal_of(lane: str) -> str:
    """Return the signal of a lane."""
    return lane.rpartition("/")[2]


def plan_item(workspace: str, key: str, work_class: WorkClass) -> NewItem:
    """Return the work of finding out whom to ask; done by the first run that sees it.

    Args:
        workspace: Whose accounts.
        key: Why and when, such as `nightly/2026-11-29`: planning twice is planning once.
        work_class: Who waits.
    """
    return NewItem(PLANS, scope_of(workspace), scope_of(workspace), key, {}, work_class)


def batch_item(workspace: str, signal: str, key: str, subjects: Handle, work_class: WorkClass) -> NewItem:
    """Return the work of asking one signal about at most a hundred subjects."""
    payload: Mapping[str, Any] = {"subjects": subjects.to_json()}
    return NewItem(BATCHES, scope_of(workspace), lane_of(scope_of(workspace), signal), key, payload, work_class)
