"""Planning: who is due becomes batches of at most a hundred accounts and one signal, as items of the ledger.

Belongs here: cutting, and the class of the work. Does not: who is due (`signals.due`), trials (`signals.trials`).

A page of pairs is one transaction: what is due is looked up, their lists are written to the lake, the items and the
pairs are remembered. Killed anywhere, it leaves at most lists that nobody names, which go with their age.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.crash_points import crash_point
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.lists import write_list
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.research.ages import EARLY
from nooks_dagster.settings import Settings
from nooks_dagster.signals.due import Wanted, due
from nooks_dagster.signals.lists import name_of
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.trials import Version, count_planned, version_of
from nooks_dagster.signals.work import BATCH_ACCOUNTS, SignalsRun, batch_item, lane_of

PAGE = 10 * BATCH_ACCOUNTS
UPLOADS = 5
"""Lists written at once: a thousand of them take 10 s instead of 40."""
PLAN_LOCK = 0x706C616E  # "plan"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a page of planning brought: accounts and batches; `version` tells what was held back."""

    pairs: int
    batches: int
    version: Version


class Planner:
    """Plans the signals of a workspace.

    Args:
        ledger: Where the batches go.
        lake: Where their lists go.
        settings: How many accounts a trial has.
    """

    def __init__(self, ledger: Ledger, lake: Lake, settings: Settings) -> None:
        self._ledger = ledger
        self._lake = lake
        self._settings = settings
        self._classes: dict[str, WorkClass] = {}
        self.batches: list[str] = []
        """The keys of all that were cut."""

    def plan(self, question: Question, run: SignalsRun, sites: Sequence[str] | None) -> Iterator[Planned]:
        """Plan what is due, and yield after each page.

        Args:
            question: What is asked.
            run: Who wants it.
            sites: Only these subjects, None for all.
        """
        after, pairs = "", PAGE
        while pairs:
            with self._ledger.db.transaction() as conn:
                version = self._version(conn, question)
                # A person who names accounts wants those now; a trial is about all the others.
                room = self._room(version) if sites is None else PAGE
                subjects = due(conn, question, wanted_by(run, sites, version), after, room)
                batches = self._cut(conn, question, subjects, run, version)
            pairs, after = len(subjects), subjects[-1] if subjects else after
            yield Planned(pairs, batches, version)

    def plan_read(self, question: Question, run: SignalsRun, read: Sequence[str], *, whole: bool) -> Sequence[str]:
        """Plan what is due of some subjects, whose sites were just looked at.

        Args:
            question: What is asked.
            run: Who wants it.
            read: At most a page of them.
            whole: Cut no batch that is not full, but return whom it would hold.
        """
        with self._ledger.db.transaction() as conn:
            version = self._version(conn, question)
            wanted = replace(wanted_by(run, None, version), sites=read)
            subjects = due(conn, question, wanted, "", self._room(version))
            end = len(subjects) - len(subjects) % BATCH_ACCOUNTS if whole else len(subjects)
            self._cut(conn, question, subjects[:end], run, version)
        return subjects[end:]

    def _version(self, conn: psycopg.Connection[Any], question: Question) -> Version:
        """Return the version that is asked, once nobody else plans."""
        _alone(conn, question)
        return version_of(conn, question, self._settings)

    def _room(self, version: Version) -> int:
        room = version.room(self._settings.signals_trial_accounts)
        return PAGE if room is None else min(PAGE, room)

    def _cut(
        self,
        conn: psycopg.Connection[Any],
        question: Question,
        subjects: Sequence[str],
        run: SignalsRun,
        version: Version,
    ) -> int:
        signal, workspace, work_class = question.signal.name, question.workspace, self._class(conn, question, run)
        groups = [subjects[start : start + BATCH_ACCOUNTS] for start in range(0, len(subjects), BATCH_ACCOUNTS)]
        if not groups:
            return 0
        ((plan,),) = conn.execute("select nextval('signals.plans')").fetchall()
        keys = [f"{plan}:{number}" for number in range(len(groups))]
        handles = self._written(workspace, signal, keys, groups)
        items = [
            batch_item(workspace, signal, key, handle, work_class) for key, handle in zip(keys, handles, strict=True)
        ]
        self._ledger.plan(conn, items)
        self.batches += keys
        for key, group in zip(keys, groups, strict=True):
            conn.execute(
                _OPEN,
                {
                    "signal": signal,
                    "workspace": workspace,
                    "subjects": list(group),
                    "version": question.version,
                    "own": question.own_digest,
                    "batch": key,
                    "fresh": run.request.again,
                },
            )
        if version.state == "trial":
            count_planned(conn, question, len(subjects))
        crash_point("planned")
        return len(groups)

    def _class(self, conn: psycopg.Connection[Any], question: Question, run: SignalsRun) -> WorkClass:
        """Return who waits, the same all through a run: its first batches would make a book look known."""
        return self._classes.setdefault(question.signal.name, _class(conn, question, run))

    def _written(
        self, workspace: str, signal: str, keys: Sequence[str], groups: Sequence[Sequence[str]]
    ) -> Sequence[Handle]:
        names = [name_of(workspace, signal, key) for key in keys]
        with ThreadPoolExecutor(UPLOADS) as pool:
            return list(pool.map(lambda name, group: write_list(self._lake, name, group), names, groups))


def wanted_by(run: SignalsRun, sites: Sequence[str] | None, version: Version) -> Wanted:
    """Return which of the due pairs a run plans; one for what is new leaves what has run out to the night."""
    chosen = sites is not None
    return Wanted(
        sites,
        named=chosen,
        again=run.request.again,
        expired=_expired(run),
        changed=chosen or version.may_change,
    )


def _expired(run: SignalsRun) -> timedelta | None:
    if run.launch is None:
        return timedelta()
    return None if run.work_class is WorkClass.INCREMENTAL else EARLY


def _class(conn: psycopg.Connection[Any], question: Question, run: SignalsRun) -> WorkClass:
    """Return who waits: a book that was never asked about takes hours, so it lets pass what is new in others."""
    if run.launch is None:
        return WorkClass.ASKED
    values = (question.signal.name, question.workspace)
    first = conn.execute("select from signals.asked where signal = %s and workspace = %s limit 1", values)
    return run.work_class if first.rowcount else max(run.work_class, WorkClass.HISTORY)


def _alone(conn: psycopg.Connection[Any], question: Question) -> None:
    lane = lane_of(question.workspace, question.signal.name)
    conn.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (PLAN_LOCK, lane))


_OPEN = """
    insert into signals.asked as q (signal, subject, workspace, version, own, batch, open, fresh)
    select %(signal)s, subject, %(workspace)s, %(version)s, %(own)s, %(batch)s, true, %(fresh)s
    from unnest(%(subjects)s::text[]) as subject
    on conflict (signal, subject, workspace) do update
    set version = excluded.version, own = excluded.own, batch = excluded.batch, open = true, fresh = excluded.fresh,
        planned_at = now()
"""
