"""The sample workspaces: what a fresh `make up` has connected when it ends.

Belongs here: the one call that connects them.
Does not: how a connection is tried (`crm.lifecycle.connecting`), the accounts
behind them (`local.sample_worlds`).
"""

from collections.abc import Iterator, Mapping, Sequence

from nooks_dagster.crm.connectors import kind_of
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.database.pool import Database
from nooks_dagster.local.sample_worlds import chosen
from nooks_dagster.settings import settings
from nooks_dagster.signals.own import own, tell
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.removals import removals
from nooks_dagster.workspaces.secrets import FileSecrets


def _salesforce(name: str) -> NewConnection:
    """Return the connection of an org; the sandbox gives it the same on every machine, so nothing here is a secret."""
    secret = {"consumer_key": f"SANDBOX.{name}", "consumer_secret": f"sandbox-secret-{name}", "domain": f"{name}.my"}
    return NewConnection(name, "salesforce", secret)


def _hubspot(name: str) -> NewConnection:
    """Return the connection of a portal, likewise."""
    return NewConnection(name, "hubspot", {"access_token": f"pat-sandbox-{name}"})


SAMPLES: Mapping[str, Sequence[NewConnection]] = {
    "acme": [_salesforce("acme")],
    "globex": [_hubspot("globex")],
    "initech": [_salesforce("initech"), _hubspot("initech")],
}
"""The connections of each sample workspace."""

INVESTORS: Mapping[str, Sequence[str]] = {
    "acme": [
        "Alder Capital",
        "Basalt Partners",
        "Cinder Ventures",
        "Dovetail Capital",
        "Dovetail Growth",
        "Foxglove Growth",
        "Foxglove Partners",
        "Juno Capital",
        "Juno Growth",
        "Juno Partners",
        "Juno Ventures",
        "Keystone Partners",
    ],
    "globex": [
        "Alder Capital",
        "Alder Growth",
        "Alder Ventures",
        "Cinder Capital",
        "Cinder Ventures",
        "Dovetail Growth",
        "Ember Partners",
        "Ember Ventures",
        "Harbor Growth",
        "Harbor Ventures",
        "Juno Partners",
        "Keystone Growth",
    ],
    "initech": [
        "Basalt Capital",
        "Cinder Capital",
        "Dovetail Capital",
        "Foxglove Growth",
        "Harbor Partners",
        "Ivory Capital",
        "Keystone Capital",
        "Keystone Growth",
        "Keystone Ventures",
        "Meridian Capital",
        "Meridian Growth",
        "Meridian Ventures",
    ],
}
"""The own investors of each, which `signals/shared_investors` compares accounts with: those that the sandbox's truth
counts as its own."""


def ensure_sample_workspaces() -> Iterator[str]:
    """Connect the sample workspaces of the settings unless they are; yield each as it is, with its kinds of CRM.

    What a person removed stays removed.

    Raises:
        Failure: The sandbox or Postgres does not answer.
    """
    with Database(settings().postgres_url, size=1) as db:
        known = {connection.id for connection in Registry(db).connections()}
        with db.transaction() as conn:
            removed = {one.connection for one in removals(conn)}
        for name in chosen(settings().samples):
            wanted = [sample for sample in SAMPLES[name] if sample.id not in removed]
            for sample in wanted:
                if sample.id not in known:
                    connect(db, FileSecrets(settings().secrets), sample, sandbox=True)
            if wanted:
                _tell_investors(db, name)
                yield f"{name} ({' and '.join(kind_of(sample.kind).title for sample in wanted)})"


def _tell_investors(db: Database, workspace: str) -> None:
    """Tell the own investors of a sample, unless a person has told some."""
    with db.transaction() as conn:
        if "investors" not in own(conn, workspace):
            tell(conn, workspace, "investors", INVESTORS[workspace])
