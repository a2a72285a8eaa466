"""What a workspace chose for its calls: the language that they are translated into, the region of its numbers.

Belongs here: keeping and checking the choices. Does not: what follows from them (`calls.language`,
`calls.stages.matching`).
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.locales import language_of, region_of


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a workspace; None is the platform's usual."""

    language: str | None = None
    region: str | None = None


def options_of(db: Database, workspace: str) -> Options:
    """Return what a workspace chose.

    Raises:
        Permanent: There is no such workspace.
    """
    with db.transaction() as conn:
        return _standing(conn, workspace)


def choose(db: Database, workspace: str, language: str | None = None, region: str | None = None) -> Options:
    """Keep choices and return what holds then. None leaves one as it stands, "" takes it back.

    Args:
        db: The platform's database.
        workspace: Whose.
        language: ISO 639-1, in any case.
        region: ISO 3166, in any case.

    Raises:
        Permanent: There is no such workspace, language or region.
    """
    try:
        language, region = language and language_of(language), region and region_of(region)
    except ValueError as error:
        raise Permanent("The choice was not kept.", next_step=str(error)) from None
    with db.transaction() as conn:
        standing = _standing(conn, workspace)
        chosen = Options(
            standing.language if language is None else language or None,
            standing.region if region is None else region or None,
        )
        conn.execute(_KEEP, (workspace, chosen.language, chosen.region))
    return chosen


def _standing(conn: psycopg.Connection[Any], workspace: str) -> Options:
    row = conn.execute(_STANDING, (workspace,)).fetchone()
    if row is None:
        raise Permanent(
            "There is no such workspace.",
            subject=workspace[:80],
            next_step="`nooks status` lists those that there are.",
        )
    return Options(*row)


# Behind the lock of its row, which a removal takes first: a workspace that goes keeps no choice.
_STANDING = """
    select o.language, o.region from workspaces.workspaces w left join calls.options o on o.workspace = w.name
    where w.name = %s for key share of w
"""
_KEEP = """
    insert into calls.options (workspace, language, region) values (%s, %s, %s)
    on conflict (workspace) do update set language = excluded.language, region = excluded.region
"""
