"""Asking for a sync: a person's wish becomes work in the ledger, which whoever drains the workspace then finds.

Belongs here: writing the wish down, for a click and for the command alike. Does not: what may be wished
(`crm.sync.wishes`), which windows it means (`crm.sync.discovery`).
"""

from collections.abc import Iterable, Sequence

from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.crm.lifecycle.pausing import RESTING
from nooks_dagster.crm.rows.rebuild import rebuilds
from nooks_dagster.crm.sweeps.guard import confirm, look_again
from nooks_dagster.crm.sweeps.planning import asked_sweeps
from nooks_dagster.crm.work import Request, WindowKind, discovery
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Connection, Registry

PLANNERS = {WindowKind.REBUILD: rebuilds, WindowKind.SWEEP: asked_sweeps}  # of what needs no look at the CRM


def connected(registry: Registry, workspace: str) -> Sequence[Connection]:
    """Return the connections of a workspace that do not rest.

    Raises:
        Permanent: It has none.
    """
    connections = registry.connections(workspace)
    if not connections:
        raise Permanent("no CRM is connected.", subject=workspace, next_step=f"Run {how_to_connect(workspace)}.")
    awake = [one for one in connections if one.state not in RESTING]
    if not awake:
        first = connections[0]
        raise Permanent(f"It is {first.state}.", subject=first.id, next_step=first.state_reason)
    return awake


def ask(ledger: Ledger, connections: Iterable[Connection], key: str, request: Request) -> None:
    """Have connections looked into, before what nobody waits for; with the same key twice is once.

    Raises:
        Permanent: Deletions are confirmed, and none wait.
    """
    with ledger.db.transaction() as conn:
        if request.confirmed:
            confirm(conn, [c.id for c in connections], request)
            return
        for c in connections:
            if request.kind in PLANNERS:
                items = PLANNERS[request.kind](conn, c, request, key)
                ledger.plan(conn, items)
                if request.kind is WindowKind.SWEEP:
                    look_again(conn, [item.lane for item in items])
                continue
            # An earlier look that is blocked would hold this one up, after its cause is mended too.
            ledger.expedite(conn, c.id, WorkClass.ASKED, below=False)
            ledger.plan(conn, [discovery(c.workspace, c.id, key, WorkClass.ASKED, request)])
