"""What faults are tried on: a sandbox whose faults are commanded, and a platform that syncs it with short waits.

Belongs here: commanding, clicking, asking how the lanes stand; the patience of a test.
Does not: what a CRM's truth is (each CRM's rig), which faults there are, what must come of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.reporting.status import LaneStatus, lane_statuses
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sweeps.planning import plan_late_passes
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import IDS, Request, WindowKind, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import RateLimited
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection, Registry

CLICKS = 6  # of a person who does not give up; each begins with attempts of its own
SHORT = timedelta(milliseconds=20)

Words = dict[str, Any]


class Rig(ABC):
    """A sandbox and a platform; each case has a workspace of its own.

    Attributes:
        kind: Of CRM, as connections spell it.
        tables: What is synced: the table of each source object.
        alterations: The address of the account's alterations on the control port.
        between: What happens in each sync while its first rows are read.
    """

    kind: str
    tables: Mapping[str, str]
    alterations: str

    def __init__(self, db: Database, lake: Lake, settings: Settings, port: int) -> None:
        self.between: Callable[[], None] = lambda: None
        self.platform = Platform(db, lake, settings, lambda connection, _: self.connector(connection))
        self._port = port
        self._names = (f"case{number}" for number in count())
        self._runs = count()

    @abstractmethod
    def connector(self, connection: Connection) -> Connector:
        """Return a connector with small parts that waits for nothing between its tries, and lets `between` happen."""

    @abstractmethod
    def differences(self, workspace: str) -> list[str]:
        """What is not as the source has it now."""

    def fault(self, **words: Any) -> int:
        """Put a fault in force; return its number."""
        return int(self.command("POST", "/control/faults", words)["id"])

    def struck(self) -> dict[int, int]:
        """How often each fault in force has struck."""
        return {fault["id"]: fault["struck"] for fault in self.command("GET", "/control/faults")}

    def heal(self) -> None:
        """End all faults, and take back all alterations."""
        self.command("DELETE", "/control/faults")
        self.command("DELETE", self.alterations)

    def alter(self, kind: str, **words: Any) -> None:
        """Alter the account."""
        self.command("POST", self.alterations, {"kind": kind, **words})

    def new_workspace(self) -> str:
        """Connect the account as another customer's; return the workspace."""
        workspace = next(self._names)
        Registry(self.platform.db).add_connection(workspace, self.kind, {}, "env:NONE", sandbox=True)
        ensure_partitions(self.platform.db, self.connection_of(workspace))
        return workspace

    def connection_of(self, workspace: str) -> str:
        """The connection of a workspace."""
        return f"{workspace}-{self.kind}"

    def click(self, workspace: str, kind: WindowKind = WindowKind.INCREMENTAL) -> Sequence[str]:
        """Sync once, as a person asks for it; return what could not be looked into."""
        request = Request(kind, objects=tuple(self.tables.values()))
        sync = WorkspaceSync(self.platform, SyncRun(workspace, f"run-{next(self._runs)}", request=request))
        list(sync.run())
        return sync.problems

    def sweep(self, workspace: str, *depths: str) -> dict[str, WindowReport]:
        """Compare every row, as a person asks for it; return how that ended, by object."""
        request = Request(WindowKind.SWEEP, objects=tuple(self.tables.values()), sweep=(IDS, *depths))
        sync = WorkspaceSync(self.platform, SyncRun(workspace, f"run-{next(self._runs)}", request=request))
        return {report.task.source: report for report in sync.run() if report.task.kind is WindowKind.SWEEP}

    def plan_late_passes(self) -> int:
        """Let the time come of all passes over what may have shown late."""
        with self.platform.db.transaction() as conn:
            conn.execute("update crm.rhythms set planned_until = now() - interval '2 days' where rhythm like 'late.%'")
        return plan_late_passes(Ledger(self.platform.db, "clock", timedelta(seconds=30)))

    def click_until_quiet(self, workspace: str) -> None:
        """Sync until nothing is left to do, but not for ever."""
        for _ in range(CLICKS):
            self.click(workspace)
            if not self.reasons(workspace) and len(self.lanes(workspace)) == len(self.tables):
                return

    def lanes(self, workspace: str) -> dict[str, LaneStatus]:
        """How each object stands."""
        with self.platform.db.transaction() as conn:
            lanes = {lane.source: lane for lane in lane_statuses(conn, scope_of(workspace))}
        return {source: lane for source, lane in lanes.items() if source in self.tables}

    def reasons(self, workspace: str) -> dict[str, str]:
        """Why each object that is not complete is not."""
        lanes = self.lanes(workspace).items()
        return {source: lane.reason or "" for source, lane in lanes if lane.state != "done"}

    def command(self, method: str, path: str, body: Any = None) -> Any:
        """Steer the sandbox."""
        reply = requests.request(method, f"http://127.0.0.1:{self._port}{path}", json=body, timeout=60)
        assert reply.ok, reply.text
        return reply.json() if reply.content else None


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the platform wait for next to nothing."""
    monkeypatch.setattr(sync, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: SHORT)
    monkeypatch.setattr(RateLimited, "usual_wait", SHORT)


def settings_of(url: str, home: Path, workers: int = 4) -> Settings:
    """Return the settings of a platform for faults."""
    return Settings(postgres_url=url, home=home, crm_workers=workers, patience_seconds=60)
