"""What goes by itself: done work within the hour, old calls with all of theirs; and what a cap held back."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from nooks_dagster.calls.live.upkeep import Upkeep
from nooks_dagster.calls.model import Made, Outcome, Stage, Status
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.reprocessing.deferred import plan_deferred
from nooks_dagster.calls.retention import forget, forget_done
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm import caps
from tests.calls.engine.things import World

Work = Callable[..., list[Ending]]


def test_done_work_leaves_the_ledger_within_the_hour_and_dead_letters_stay(world: World, work: Work) -> None:
    world.accept(3)
    work()
    world.accept()
    world.run("update work.items set state = 'dead', finished_at = now() where state = 'waiting'")
    assert forget_done(world.db) == 0
    world.run("update work.items set finished_at = now() - interval '31 minutes'")
    assert forget_done(world.db) == 3
    assert world.rows("select state from work.items") == [("dead",)]
    assert world.rows("select count(*) from work.attempts") == [(0,)]


def test_old_calls_go_with_all_that_was_made_of_them(world: World, work: Work, lake: Lake) -> None:
    old, young = world.accept(2)
    work()
    world.run("update calls.calls set accepted_at = now() - interval '401 days' where id = %s", old)
    ((hour, day),) = world.rows(
        "select to_char(hour, 'YYYY-MM-DD\"T\"HH24'), to_char(hour, 'YYYY-MM-DD') from calls.calls where id = %s", old
    )
    now = world.rows("select to_char(hour, 'YYYY-MM-DD\"T\"HH24') from calls.calls where id = %s", young)[0][0]
    names = [
        f"calls/transcripts/hour={hour}/workspace=acme/call=1-1-1.json",
        f"calls/transcripts/hour={now}/workspace=acme/call=2-2-1.json",
        f"recordings/workspace=acme/day={day}/a.wav",
        f"recordings/workspace=acme/day={now[:10]}/b.wav",
        "recordings/workspace=acme/calls/just-now.wav",
        "recordings/workspace=acme/zero.wav",
    ]
    for name in names:
        lake.put(name, b"{}", "application/json")
    assert forget(world.db, lake, timedelta(days=400)) == {"calls": 1, "call_objects": 2}
    assert [one.name for one in lake.objects("")] == [names[1], names[4], names[3], names[5]]
    assert world.rows("select distinct call from calls.stages") == [(young,)]
    assert world.rows("select call from calls.records") == [(young,)]


def test_what_a_dialer_named_itself_goes_by_its_age(world: World, lake: Lake) -> None:
    lake.put("recordings/workspace=acme/today.wav", b"{}", "audio/wav")
    lake.put("recordings/workspace=acme/a/today.wav", b"{}", "audio/wav")
    assert forget(world.db, lake, timedelta(days=400))["call_objects"] == 0
    assert forget(world.db, lake, timedelta(days=-2))["call_objects"] == 2


def test_what_a_cap_held_back_is_done_once_the_cap_has_room(world: World, work: Work) -> None:
    (call,) = world.accept()
    world.script(Stage.TRANSCRIBE, lambda _: Outcome(Made(Status.DEFERRED, reason="The cap is reached.")))
    assert work() == [Ending.RECORDED]
    world.script(Stage.TRANSCRIBE, None)
    settings = world.platform.settings
    with world.db.transaction() as conn:
        caps.choose(conn, Decimal(0), "acme")
        assert plan_deferred(conn, settings) == 0
        caps.choose(conn, Decimal(0), kind="speech")
        caps.choose(conn, None, "acme")
        assert plan_deferred(conn, settings) == 0
        caps.choose(conn, None, kind="speech")
    Upkeep(world.platform).once()
    with world.db.transaction() as conn:
        assert plan_deferred(conn, settings) == 0  # it waits already
    assert work() == [Ending.RECORDED]
    assert world.stages(call)["transcribe"] == "done"
    assert world.ran(call)[-3:] == ["transcribe", "translate", "record"]
    with world.db.transaction() as conn:
        assert plan_deferred(conn, settings) == 0
