"""Accounts that come, move and go: what applications read follows them without a question to a model.

Belongs here: the rows of `signals.current` that no new answer brings.
Does not: those that one does (`signals.publishing`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.signals.declaration import SHARED
from nooks_dagster.signals.publishing import in_order
from nooks_dagster.signals.questions import Question

AT_ONCE = 1_000
"""Accounts in one transaction, for it holds up all others that publish: 30 ms."""
NO_SITE = "Its CRM record names no public web site, so there is nothing to read."


def follow(db: Database, question: Question) -> Iterator[int]:
    """Bring what applications read of a signal up to the accounts of its workspace, some at a time.

    An account that is new, or has another site, gets the answer of that site if one stands; one without a site is told
    so; one that is gone is marked, and so is one whose new site has no answer yet. Yields how many each transaction
    changed.
    """
    values: dict[str, Any] = {
        "workspace": question.workspace,
        "signal": question.signal.name,
        "shared": SHARED,
        "reason": NO_SITE,
        "version": question.version,
        "prompt": question.signal.prompt_version,
        "schema": question.signal.schema_version,
        "limit": AT_ONCE,
    }
    with db.transaction() as conn:
        conn.execute(_NO_SITE, values)
    after: tuple[str, str] | None = ("", "")
    while after:
        changed, after = _come(db, values, after)
        yield changed
    gone = AT_ONCE
    while gone == AT_ONCE:
        with db.transaction() as conn:
            in_order(conn)
            gone = conn.execute(_GONE, values).rowcount
        yield gone


def _come(db: Database, values: Mapping[str, Any], after: tuple[str, str]) -> tuple[int, tuple[str, str] | None]:
    """Look at the next accounts; return how many changed, and the last of them, None if there was none."""
    with db.transaction() as conn:
        in_order(conn)
        row = conn.execute(_COME, {**values, "connection": after[0], "account": after[1]}).fetchone()
    changed, connection, account = row or (0, None, None)
    return changed, None if connection is None or account is None else (connection, account)


def sites_of(conn: psycopg.Connection[Any], workspace: str, accounts: Sequence[str]) -> Sequence[str] | None:
    """Return the sites of chosen accounts, None if none are chosen: all are meant.

    Args:
        conn: A transaction.
        workspace: Whose accounts.
        accounts: Ids of CRM records, or sites.

    Raises:
        Permanent: The workspace has none of them, or they have no site.
    """
    if not accounts:
        return None
    found = [site for (site,) in conn.execute(_CHOSEN, {"workspace": workspace, "accounts": list(accounts)})]
    if not found:
        raise Permanent(
            f"None of the {len(accounts)} chosen accounts is there and has a public web site.",
            subject=f"workspace {workspace}",
            next_step="Name them by the id of their CRM record, or by their site (acme.com); sync the CRM first.",
        )
    return found


_CHOSEN = """
    select distinct site from research.accounts
    where workspace = %(workspace)s and gone_at is null and site is not null
      and (account_id = any(%(accounts)s) or site = any(%(accounts)s))
    order by site
"""
# Each look-up is a lateral one of a single row, here and in `signals.due`: joined, a table that has just grown from
# nothing is taken for an empty one, and read from end to end for each account.
#
# One answer for all accounts without a site, in all workspaces; its subject is no site at all.
_NO_SITE = """
    insert into signals.answers (
        scope, subject, signal, status, reason, expires_at, version, prompt_version, schema_version, workspace, run_id,
        fence)
    select %(shared)s, '', %(signal)s, 'insufficient_evidence', %(reason)s, 'infinity', %(version)s, %(prompt)s,
        %(schema)s, '', '', 0
    where not exists (
        select from signals.answers where scope = %(shared)s and subject = '' and signal = %(signal)s)
"""
_COME = """
    with page as materialized (
        select a.connection_id, a.account_id, a.site, a.gone_at from research.accounts a
        where a.workspace = %(workspace)s and (a.connection_id, a.account_id) > (%(connection)s, %(account)s)
        order by a.connection_id, a.account_id limit %(limit)s
    ), shown as (
        insert into signals.current as c
            (workspace, connection_id, account_id, signal, subject, answer, latest, change)
        select %(workspace)s, a.connection_id, a.account_id, %(signal)s, coalesce(a.site, ''), known.answer,
            known.answer, nextval('signals.changes')
        from page a cross join lateral (
            select q.answer from signals.asked q
            where q.signal = %(signal)s and q.subject = a.site and q.workspace = %(workspace)s
              and q.answer is not null
            union all
            select min(x.id) from signals.answers x
            where a.site is null and x.scope = %(shared)s and x.subject = '' and x.signal = %(signal)s
            having min(x.id) is not null
        ) known
        left join lateral (
            select c.subject, c.gone_at from signals.current c
            where c.workspace = %(workspace)s and c.connection_id = a.connection_id
              and c.account_id = a.account_id and c.signal = %(signal)s
            limit 1
        ) had on true
        where a.gone_at is null
          and (had.subject is null or had.subject <> coalesce(a.site, '') or had.gone_at is not null)
        on conflict (signal, workspace, connection_id, account_id) do update
        set subject = excluded.subject, answer = excluded.answer, latest = excluded.latest, gone_at = null,
            change = excluded.change, changed_at = clock_timestamp()
        returning true
    )
    select (select count(*) from shown), last.connection_id, last.account_id
    from (select) as always left join (
        select connection_id, account_id from page order by connection_id desc, account_id desc limit 1
    ) last on true
"""
# Also an account whose new site has no answer yet: what stands is said of another company. An answer brings it back.
#
# By their place in the table, which nobody changes meanwhile: all who write hold the lock of the changes.
_GONE = """
    update signals.current
    set gone_at = clock_timestamp(), changed_at = clock_timestamp(), change = nextval('signals.changes')
    where ctid = any(array(
        select had.place from research.accounts a cross join lateral (
            select c.ctid as place, c.subject from signals.current c
            where c.workspace = a.workspace and c.connection_id = a.connection_id and c.account_id = a.account_id
              and c.signal = %(signal)s and c.gone_at is null
            limit 1
        ) had
        where a.workspace = %(workspace)s and (a.gone_at is not null or had.subject <> coalesce(a.site, ''))
        limit %(limit)s))
"""
