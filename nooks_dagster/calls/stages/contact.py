"""The stage that finds out who was called, and whose call it is, in each CRM of the workspace.

Belongs here: what is asked of which CRM, and what is kept of the answers: ids alone. Does not: who of several is meant
(`calls.stages.matching`).

It follows the CRMs as they are now, so that a call of a contact made a minute ago is that contact's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from pydantic import JsonValue

from nooks_dagster.calls.model import Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.stages.matching import Match, Sought
from nooks_dagster.calls.submission import Party, Submission
from nooks_dagster.crm.people import BY_INDEX, People
from nooks_dagster.crm.salesforce.ids import is_id, with_checksum
from nooks_dagster.database.pool import Database

MOST = 8
"""CRMs of one workspace that are asked: what is kept of each takes 170 of the 2,048 bytes of a stage's facts."""
_WHERE = f"""
    select {BY_INDEX}, coalesce((select region from calls.options where workspace = %(workspace)s), %(region)s), array(
        select id from workspaces.connections where workspace = %(workspace)s and state <> 'removed'
        order by created_at, id limit %(most)s)
"""  # noqa: S608 - a constant


class Contact:
    """Looks up the parties of calls.

    Args:
        db: The platform's database.
        region: Of numbers without a country, unless their workspace chose another (ISO 3166).
    """

    stage = Stage.CONTACT
    version = "2"

    def __init__(self, db: Database, region: str) -> None:
        self._db = db
        self._region = region

    def run(self, task: Task) -> Outcome:
        """Return who it was; that nobody or several are known by these is an outcome.

        Raises:
            Unavailable: Postgres does not answer.
        """
        call = task.call
        with self._db.transaction() as conn:
            region, connections = self._where(conn, call.workspace)
            found = {name: _participants(People(conn, name), call.submission, region) for name in connections}
        return Outcome(Made(Status.DONE if found else Status.SKIPPED, facts={**_facts(found), "region": region}))

    def _where(self, conn: psycopg.Connection[Any], workspace: str) -> tuple[str, Sequence[str]]:
        values = {"workspace": workspace, "region": self._region, "most": MOST}
        *_, region, connections = conn.execute(_WHERE.encode(), values).fetchall()[0]
        return region, connections


def _participants(people: People, submission: Submission, region: str) -> dict[str, JsonValue]:
    """Return who took part as one CRM knows them."""
    owner = _owner(people, submission.rep, region)
    prospect = Sought(submission.prospect, region)
    found = prospect.among(people.prospects(prospect.keys, prospect.email))
    account = found.account
    return {
        "outcome": str(found.match),
        "object": found.person.object if found.person else None,
        "id": found.person.id if found.person else None,
        "account": account,
        "opportunity": people.open_opportunity(account, owner) if account else None,
        "owner": owner,
    }


def _owner(people: People, rep: Party, region: str) -> str | None:
    """Return the user that a rep is: by the id that the dialer knows, else as anybody."""
    sought = Sought(rep, region)
    ids = _spellings(rep.crm_user_id)
    users = people.users(ids, sought.keys, sought.email)
    by_id = next((user for user in users if user.id in ids), None)
    user = by_id or sought.among(users).person
    return user.id if user else None


def _spellings(identity: str | None) -> Sequence[str]:
    """Return the ways to write an id: Salesforce has a short one and a long one, and tells its users either."""
    if not identity:
        return ()
    return (identity, with_checksum(identity)) if len(identity) == 15 and is_id(identity) else (identity,)


def _facts(found: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """Return what is kept: of the first CRM that knows the prospect, else of the first; and all of them."""
    ranked = sorted(found, key=lambda name: list(Match).index(Match(str(found[name]["outcome"]))))
    if not ranked:
        return {"outcome": str(Match.UNKNOWN), "participants": {}}
    first = found[ranked[0]]
    return {
        "outcome": first["outcome"],
        "connection": ranked[0],
        "object": first["object"],
        "contact": first["id"],
        "account": first["account"],
        "opportunity": first["opportunity"],
        "owner": first["owner"],
        "participants": {name: dict(one) for name, one in found.items()},
    }
