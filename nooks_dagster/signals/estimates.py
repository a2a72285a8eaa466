"""Estimates: what a plan would ask and cost, before anything is bought.

Belongs here: counting and multiplying. Does not: the plan itself (`signals.planning`), caps (`llm`).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from nooks_dagster.research.accounts import refresh_accounts
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.due import count_due
from nooks_dagster.signals.own import own
from nooks_dagster.signals.planning import wanted_by
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.standing import sites_of
from nooks_dagster.signals.trials import version_of
from nooks_dagster.signals.work import Platform, SignalsRun


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one signal of a workspace would cost now.

    Attributes:
        signal: Its name.
        due: Accounts' sites to be asked about.
        cached: Of these, those that somebody's answer may do for, if the documents are the same.
        now: How many are planned at once: fewer than are due while a version is on trial.
        usd_each: What an answer has cost lately; the most that one can cost if none was bought (`bought`).
        bought: Whether any was.
        version: `trial`, `held` or `spread`, with the reason.
    """

    signal: str
    due: int
    cached: int
    now: int
    usd_each: Decimal
    bought: bool
    version: str
    reason: str

    @property
    def usd(self) -> Decimal:
        """What all that are due would cost, if no answer of others does, for their documents changed."""
        return self.usd_each * self.due


def estimate(platform: Platform, run: SignalsRun, signal: Signal) -> Estimate:
    """Return what a run would ask of one signal, and what that costs.

    Raises:
        Permanent: None of the chosen accounts is there.
    """
    with platform.db.transaction() as conn:
        refresh_accounts(conn, run.workspace)
        question = Question.of(signal, run.workspace, platform.settings.llm_model, own(conn, run.workspace))
        return _estimate(conn, question, run, platform)


def _estimate(conn: psycopg.Connection[Any], question: Question, run: SignalsRun, platform: Platform) -> Estimate:
    settings = platform.settings
    sites = sites_of(conn, run.workspace, run.request.accounts)
    with conn.transaction(force_rollback=True):  # a question that is still being edited is no version yet
        version = version_of(conn, question, settings)
    due, cached = count_due(conn, question, wanted_by(run, sites, version))
    room = None if sites is not None else version.room(settings.signals_trial_accounts)
    now = due if room is None else min(due, room)
    ((lately,),) = conn.execute(_LATELY, {"signal": question.signal.name, "version": question.version}).fetchall()
    each = lately
    if lately is None:
        each = platform.seller.upper_bound(question.ask("", "x" * settings.signals_prompt_chars))
    return Estimate(question.signal.name, due, cached, now, each, lately is not None, version.state, version.reason)


# Those of this version, or before there are any, those of all versions.
_LATELY = """
    select coalesce(avg(cost) filter (where version = %(version)s), avg(cost)) from signals.answers
    where signal = %(signal)s and purchase is not null and observed_at > now() - interval '30 days'
"""
