"""What a person names on the command line must be there.

Belongs here: looking it up. Does not: what is done with it.
"""

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.registry import Registry


def require_workspace(db: Database, name: str | None) -> None:
    """Return if there is such a workspace, or none was named.

    Raises:
        Permanent: There is none.
    """
    if name and name not in {one.name for one in Registry(db).workspaces()}:
        raise Permanent(
            "There is no such workspace.",
            subject=f"workspace {name}",
            next_step="`nooks status` lists them; `nooks connect` adds one.",
        )
