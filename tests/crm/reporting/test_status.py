"""How a lane stands is told by its head, and finished windows cost nothing."""

from nooks_dagster.crm.reporting import status
from nooks_dagster.crm.reporting.overview import overview
from nooks_dagster.crm.reporting.status import LaneStatus, Standing, lane_statuses
from nooks_dagster.crm.work import WINDOWS, Request, WindowKind
from nooks_dagster.database.pool import Database
from tests.crm.conftest import Click
from tests.crm.fake_crm import FakeCrm, row

FINISHED = """
    INSERT INTO work.items (queue, scope, lane, key, serial, class, payload, release, state)
    SELECT 'crm.windows', 'crm/w' || w, 'w' || w || '-salesforce/O' || l, n::text, true, 20,
        jsonb_build_object('workspace', 'w' || w, 'connection', 'w' || w || '-salesforce', 'source', 'O' || l,
            'canonical', 'accounts', 'kind', 'incremental'), 'dev', 'done'
    FROM generate_series(1, 5) w, generate_series(1, 4) l, generate_series(1, 1000) n
"""


def statuses(db: Database, scope: str | None = None) -> dict[str, LaneStatus]:
    with db.transaction() as conn:
        return {f"{lane.connection}/{lane.source}": lane for lane in lane_statuses(conn, scope)}


def test_a_blocked_head_shows_though_a_refresh_waits_behind_it(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    click(Request(WindowKind.REFRESH, ("accounts",)))
    lane = statuses(db)["acme-salesforce/Account"]
    assert (lane.kind, lane.standing) == (WindowKind.HISTORY, Standing.BLOCKED)
    assert "it is broken" in (lane.reason or "")
    assert not overview(db)[0].well


def test_a_lane_without_an_open_window_shows_the_last_one(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]})
    click()
    click(Request(WindowKind.REFRESH, ("accounts",)))
    lane = statuses(db)["acme-salesforce/Account"]
    assert (lane.kind, lane.standing) == (WindowKind.REFRESH, Standing.COMPLETE)


def test_every_lane_is_listed_once_and_those_of_one_scope_alone(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute(FINISHED)
    assert len(statuses(db)) == 20
    assert sorted(statuses(db, "crm/w2")) == [f"w2-salesforce/O{n}" for n in range(1, 5)]
    assert statuses(db, "crm/nobody") == {}


def test_finished_windows_are_not_read(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute(FINISHED)
        conn.execute("ANALYZE work.items")
        for scope in ("crm/w2", None):
            chosen = {"queue": WINDOWS.name, "scope": scope}
            plan = "\n".join(line for (line,) in conn.execute("EXPLAIN (ANALYZE, BUFFERS) " + status.LANES, chosen))
            assert "Seq Scan on items" not in plan
