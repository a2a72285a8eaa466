"""A workspace's own facts, such as its investors: what signals of its own compare accounts with.

Belongs here: the rows of `signals.own`. Does not: who tells them (a command, an asset).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from nooks_dagster.failures import Permanent

MOST = 200
"""Values of one fact: all of them stand in each prompt."""
LONGEST = 100

_TELL = """
    insert into signals.own as o (workspace, name, values) values (%s, %s, %s)
    on conflict (workspace, name) do update set values = excluded.values, changed_at = now()
    where o.values <> excluded.values
"""


def own(conn: psycopg.Connection[Any], workspace: str) -> Mapping[str, Sequence[str]]:
    """Return the facts of a workspace by their names."""
    return dict(conn.execute("select name, values from signals.own where workspace = %s", (workspace,)))


def tell(conn: psycopg.Connection[Any], workspace: str, name: str, values: Sequence[str]) -> bool:
    """Keep a fact in place of what was known; say if that is news: then accounts are asked about again.

    Args:
        conn: A transaction.
        workspace: Whose fact.
        name: Such as `investors`.
        values: Names, in any order.

    Raises:
        Permanent: They are more, or longer, than fit in a prompt.
    """
    kept = sorted({" ".join(value.split()) for value in values} - {""})
    if len(kept) > MOST or any(len(value) > LONGEST for value in kept):
        raise Permanent(
            f"{name} are at most {MOST} names of at most {LONGEST} characters.",
            subject=f"workspace {workspace}",
            next_step="Leave out those that matter least.",
        )
    return conn.execute(_TELL, (workspace, name, kept)).rowcount == 1
