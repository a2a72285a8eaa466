"""Kill the process while it reads a portal, start another: the truth, and nothing that landed lands twice."""

import signal
from datetime import timedelta
from pathlib import Path

from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from tests.crm.hubspot.faults.rig import Rig
from tests.crm.hubspot.served_portal import ServedPortal
from tests.programs import Programs


def test_a_process_killed_while_it_reads_is_followed_by_one_that_ends_with_the_truth(
    rig: Rig, faulty_portal: ServedPortal, programs: Programs, database_url: str, tmp_path: Path
) -> None:
    workspace, platform = rig.new_workspace(), rig.platform
    where = (database_url, platform.lake.uri("").split("/")[2], str(tmp_path))
    served = (str(faulty_portal.state), str(faulty_portal.port))

    def drain(**environment: str) -> int:
        return programs.run("tests.crm.hubspot.faults.drain_once", *where, *served, workspace, **environment)

    request = Request(objects=tuple(rig.tables.values()))
    with platform.db.transaction() as conn:
        first = discovery(workspace, rig.connection_of(workspace), "first", WorkClass.HISTORY, request)
        Ledger(platform.db, "planner", timedelta(seconds=1)).plan(conn, [first])
    assert drain(NOOKS_CRASH_AT="landed", NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    for _ in deadline.polls(90, every=0.5):
        assert drain() == 0
        if rig.lanes(workspace) and not rig.reasons(workspace):
            break
    assert rig.differences(workspace)[:5] == []
    landed = Dataset.below(platform.lake, f"crm_raw/contacts/workspace={workspace}").rows
    assert landed == len(faulty_portal.truth("contacts"))
