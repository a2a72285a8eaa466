"""The sample workspaces: what a fresh `make up` has connected when it ends.

Belongs here: the one call that connects them. Does not: how a connection is tried (`crm.connecting`).
"""

from nooks_dagster.crm.connecting import NewConnection, connect
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.secrets import FileSecrets

# The sandbox gives each of its orgs the same credentials on every machine, so nothing here is a secret.
SAMPLES = [
    NewConnection(
        "acme",
        "salesforce",
        {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme", "domain": "acme.my"},
    )
]


def ensure_sample_workspaces() -> list[str]:
    """Connect the sandbox's sample orgs unless they are, and return the names of their workspaces.

    Raises:
        Failure: The sandbox or Postgres does not answer.
    """
    db = Database(settings().postgres_url, size=1)
    try:
        known = {connection.id for connection in Registry(db).connections()}
        for sample in SAMPLES:
            if sample.id not in known:
                connect(db, FileSecrets(settings().secrets), sample, sandbox=True)
    finally:
        db.close()
    return [sample.workspace for sample in SAMPLES]
