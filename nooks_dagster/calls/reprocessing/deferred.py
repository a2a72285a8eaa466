"""Deferred stages: what a spend cap held back is done once the cap has room again, the next day (UTC) as a rule.

Belongs here: which calls, and whether there is room. Does not: buying (`llm.door`), doing it (live workers, with the
hands that they can spare).

A call whose transcript was deferred is transcribed, translated and recorded again; its activity is updated.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import psycopg

from nooks_dagster.calls.model import WORKED, Stage
from nooks_dagster.calls.reprocessing.redoing import Redo, plan_again
from nooks_dagster.calls.work import CALLS
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.llm.caps import ALL, Cap, caps, defaults
from nooks_dagster.settings import Settings

BOUGHT: Mapping[Stage, str] = {Stage.TRANSCRIBE: "speech", Stage.TRANSLATE: "text"}
"""The stages that buy, and the kind of what they buy."""
AT_ONCE = 300
"""Planned a minute: more than live workers can spare hands for."""
ROOM = Decimal("0.05")
"""Of a cap, that must be free: else they would wait for the last cents beside live calls."""
THERE = """
    SELECT DISTINCT c.workspace FROM calls.stages s JOIN calls.calls c ON c.id = s.call
    WHERE s.status = 'deferred' AND s.stage = %s AND c.state = 'recorded'
"""
WAITING = """
    SELECT s.call, c.workspace FROM calls.stages s JOIN calls.calls c ON c.id = s.call
    WHERE s.status = 'deferred' AND s.stage = %(stage)s AND c.state = 'recorded' AND c.workspace = ANY(%(workspaces)s)
      AND NOT EXISTS (
        SELECT FROM work.items i
        WHERE i.queue = %(queue)s AND i.lane = 'calls/' || c.workspace AND i.key = s.call::text
          AND i.state IN ('waiting', 'leased'))
    ORDER BY s.call LIMIT %(most)s
"""


def plan_deferred(conn: psycopg.Connection[Any], settings: Settings) -> int:
    """Plan what was deferred and has room now, in the caller's transaction; return how many calls."""
    planned = 0
    for stage, kind in BOUGHT.items():
        there = [workspace for (workspace,) in conn.execute(THERE, (stage,))]
        if not there:
            continue
        held = caps(conn, defaults(settings))
        roomy = [workspace for workspace in there if has_room(held, workspace, kind)]
        values = {"stage": stage, "workspaces": roomy, "queue": CALLS.name, "most": AT_ONCE}
        stages = [later for later in WORKED[WORKED.index(stage) :] if later is not Stage.CONTACT]
        redos = [Redo(call, workspace, stages) for call, workspace in conn.execute(WAITING, values)]
        planned += len(plan_again(conn, redos, WorkClass.INCREMENTAL, settings.release, "deferred"))
    return planned


def has_room(held: Sequence[Cap], workspace: str, kind: str) -> bool:
    """Say whether all caps that hold a purchase of a workspace have room."""
    over = [cap for cap in held if cap.workspace in {ALL, workspace} and cap.kind in {ALL, kind}]
    return all(cap.usd is None or cap.usd - cap.spent - cap.reserved > cap.usd * ROOM for cap in over)
