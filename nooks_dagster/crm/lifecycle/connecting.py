"""Connecting a CRM: the credentials are tried first, and only what works is recorded.

Belongs here: the order of it, and keeping sandbox and real apart. Does not: how a CRM is tried (its `kind`),
where things are kept (`workspaces`, `crm.rows.tables`).
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from nooks_dagster.crm.access.allowance import SharedAllowance
from nooks_dagster.crm.access.keys import REFRESH, OwnKeys, SharedKeys
from nooks_dagster.crm.connectors import kind_of
from nooks_dagster.crm.kinds import Inspection, Kind
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.work import Request, discovery, scope_of
from nooks_dagster.crm.writers import remember
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.holds import let_go
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces import removals
from nooks_dagster.workspaces.names import connection_name, workspace_name
from nooks_dagster.workspaces.registry import ACCOUNT, Connection, Registry
from nooks_dagster.workspaces.secrets import FileSecrets

GIVEN = "given_refresh_token_sha256"
"""The key of a secret that tells which refresh token a person gave; the one that is used now may be another."""


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What a person wants connected.

    `credentials` hold what is secret and what is not; `secret_ref` is where they came from, "" when they are
    to be kept in a file of ours; `connection_id` is `<workspace>-<kind>` unless there are two of a kind.
    """

    workspace: str
    kind: str
    credentials: Mapping[str, str] = field(repr=False)
    secret_ref: str = ""
    connection_id: str = ""
    replace: bool = False

    @property
    def id(self) -> str:
        """Return the connection's id."""
        return self.connection_id or f"{self.workspace}-{self.kind}"

    @property
    def ref(self) -> str:
        """Return where the credentials are, or will be, kept."""
        return self.secret_ref or f"file:{self.id}"


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that works, and what was found behind it."""

    connection: Connection
    inspection: Inspection


def connect(db: Database, secrets: FileSecrets, wanted: NewConnection, *, sandbox: bool) -> Connected:
    """Try credentials, then keep them and register the connection. The same again changes nothing.

    Args:
        db: The platform's database.
        secrets: Where credentials go that came from no reference.
        wanted: What to connect.
        sandbox: Whether the outside world is the sandbox.

    Raises:
        Unauthorized: The credentials were refused; the message says which part to correct.
        Permanent: The name cannot be used, sandbox and real would mix, or nothing may be read.
        Transient: The CRM, or Postgres, does not answer.
    """
    workspace_name(wanted.workspace)
    connection_name(wanted.id)
    kind = kind_of(wanted.kind)
    kind.check(wanted.credentials)
    with db.transaction() as conn:
        removals.refuse_meanwhile(conn, wanted.workspace, wanted.id)
    _keep_worlds_apart(kind, wanted, sandbox=sandbox)
    throttle = SharedAllowance(db, wanted.id, WorkClass.LIVE, kind)
    public = {name: value for name, value in wanted.credentials.items() if name in kind.public}
    shared = SharedKeys(db, wanted.ref, public, secrets.folder)
    shared.forget()  # a token of other credentials, or from before a permission was given
    keys = shared if wanted.secret_ref else OwnKeys(_latest(secrets, wanted))
    inspection = kind.inspect(wanted.id, keys, throttle)
    connection = _record(db, secrets, kind, wanted, keys.secret(), inspection, sandbox=sandbox)
    return Connected(connection, inspection)


def _latest(secrets: FileSecrets, wanted: NewConnection) -> Mapping[str, str]:
    """Return credentials with the refresh token that the one given was exchanged for meanwhile, if it was.

    Given once more, as when somebody runs the command again, the old one would be refused, or taken for a thief's.
    """
    if REFRESH not in wanted.credentials:
        return wanted.credentials
    given = hashlib.sha256(wanted.credentials[REFRESH].encode()).hexdigest()
    with suppress(Permanent):  # none is kept
        kept = secrets.get(wanted.ref)
        if kept.get(GIVEN) == given:
            return {**wanted.credentials, **kept}
    return {**wanted.credentials, GIVEN: given}


def _record(
    db: Database,
    secrets: FileSecrets,
    kind: Kind,
    wanted: NewConnection,
    found: Mapping[str, str],
    inspection: Inspection,
    *,
    sandbox: bool,
) -> Connection:
    """Make partitions, register, write the secret: a refusal to replace leaves the secret that works alone.

    A death in between leaves a connection whose first run asks for `nooks connect` again.
    """
    config = {name: value for name, value in found.items() if name in kind.public}
    config[ACCOUNT] = inspection.account
    secret = {name: value for name, value in found.items() if name not in kind.public}
    ensure_partitions(db, wanted.id)
    connection = Registry(db).add_connection(
        wanted.workspace,
        wanted.kind,
        config,
        wanted.ref,
        sandbox=sandbox,
        connection_id=wanted.id,
        replace=wanted.replace,
    )
    if not wanted.secret_ref:
        secrets.put(wanted.id, secret)
    _plan_first_sync(db, connection, inspection)
    return connection


def _plan_first_sync(db: Database, connection: Connection, inspection: Inspection) -> None:
    """Let the history begin, or after a repair go on where it was blocked; calls too."""
    ledger = Ledger(db, "connect", timedelta())
    with db.transaction() as conn:
        remember(conn, connection.id, inspection.writing)
        let_go(conn, scope_of(connection.workspace), connection.id)
        removals.forget(conn, connection.workspace, connection.id)
        ledger.expedite(conn, connection.id, WorkClass.HISTORY)
        first = discovery(connection.workspace, connection.id, f"connect:{uuid4()}", WorkClass.HISTORY, Request())
        ledger.plan(conn, [first])


def _keep_worlds_apart(kind: Kind, wanted: NewConnection, *, sandbox: bool) -> None:
    looks = kind.belongs_to_sandbox(wanted.credentials)
    if looks is sandbox:
        return
    if sandbox:
        raise Permanent(
            "These look like real credentials, and the outside world is the SANDBOX: they were sent nowhere.",
            subject=wanted.id,
            next_step="For a real account set NOOKS_SANDBOX=false in .env, remove the proxy and CA lines, and "
            "restart; for one of the sandbox take what `nooks-sandbox env` prints.",
        )
    raise Permanent(
        "These are credentials of the sandbox, and the outside world is real: they were sent nowhere.",
        subject=wanted.id,
        next_step="Give the account's own credentials, or set NOOKS_SANDBOX=true in .env.",
    )
