"""Who was called is found in what the CRMs say now, by number, then by e-mail; nobody and several are outcomes."""

import json
from typing import Any

import pytest

from nooks_dagster.calls.model import Made, Status
from nooks_dagster.calls.stages.contact import Contact
from nooks_dagster.calls.submission import Party
from nooks_dagster.crm import people
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.database.pool import Database
from tests.calls.stages.things import CONNECTION, REGION, accepted, connect, put, run, submission


@pytest.fixture
def crm(db: Database) -> Database:
    connect(db)
    return db


def found(db: Database, prospect: Party, **more: Any) -> Made:
    return run(db, Contact(db, REGION), accepted(db, submission(prospect=prospect, **more)))


def test_a_contact_is_known_by_its_number_with_account_opportunity_and_owner(crm: Database) -> None:
    put(crm, "contacts", [{"id": "c1", "mobile_phone": "(415) 555-2671 x12", "account_id": "a1"}])
    put(crm, "users", [{"id": "u1", "email": "Rep@acme.test", "is_active": True}])
    opportunities: list[dict[str, Any]] = [
        {"id": "won", "is_closed": True, "owner_id": "u1", "minute": 9},
        {"id": "mine", "is_closed": False, "owner_id": "u1"},
        {"id": "other", "is_closed": False, "owner_id": "u2", "minute": 5},
    ]
    put(crm, "opportunities", [{"account_id": "a1", **row} for row in opportunities])
    made = found(crm, Party(phone="+14155552671"))
    assert made.status is Status.DONE
    assert made.facts["participants"] == {
        CONNECTION: {
            "outcome": "matched",
            "object": "contacts",
            "id": "c1",
            "account": "a1",
            "opportunity": "mine",
            "owner": "u1",
        }
    }
    assert [made.facts[name] for name in ("outcome", "connection", "contact")] == ["matched", CONNECTION, "c1"]


def test_of_a_rep_whom_nobody_knows_the_opportunity_that_changed_last_is_taken_whoever_owns_it(crm: Database) -> None:
    put(crm, "contacts", [{"id": "c1", "phone": "4155552671", "account_id": "a1"}])
    rows = [{"id": "unowned", "owner_id": None}, {"id": "last", "owner_id": "u9", "minute": 50}]
    put(crm, "opportunities", [{"account_id": "a1", "is_closed": False, **row} for row in rows])
    assert found(crm, Party(phone="+14155552671")).facts["opportunity"] == "last"


def test_however_many_share_a_number_who_has_the_address_too_is_found(
    crm: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST", 2)
    put(crm, "contacts", [{"id": f"c{n}", "phone": "4155552671", "email": f"p{n}@example.com"} for n in range(4)])
    assert found(crm, Party(phone="+14155552671", email="p3@example.com")).facts["contact"] == "c3"


def test_facts_hold_ids_alone(crm: Database) -> None:
    put(crm, "contacts", [{"id": "c1", "name": "Jane Doe", "email": "jane@example.com", "phone": "4155552671"}])
    made = found(crm, Party(phone="+14155552671", email="jane@example.com", name="Jane Doe"))
    kept = json.dumps(dict(made.facts))
    assert made.facts["contact"] == "c1"
    assert not any(personal in kept for personal in ("Jane", "example.com", "2671"))


def test_who_is_deleted_is_nobody(crm: Database) -> None:
    put(crm, "contacts", [{"id": "c1", "phone": "4155552671", "deleted_reason": "deleted"}])
    assert found(crm, Party(phone="+14155552671")).facts["outcome"] == "unknown"


def test_a_lead_that_was_converted_is_the_contact_that_it_became_and_that_this_was_merged_into(crm: Database) -> None:
    converted = {"is_converted": True, "phone": "4155552671"}
    put(crm, "leads", [{"id": "l1", "converted_contact_id": "c1", **converted}, {"id": "l2", **converted}])
    put(crm, "contacts", [{"id": "c1", "deleted_reason": "merged", "merged_into": "c2"}, {"id": "c2"}])
    made = found(crm, Party(phone="+14155552671"))
    assert (made.facts["object"], made.facts["contact"]) == ("contacts", "c2")


def test_of_two_crms_each_gives_its_own_answer_and_the_first_that_knows_is_the_records(crm: Database) -> None:
    connect(crm, "acme-hubspot")
    put(crm, "contacts", [{"id": "h1", "email": "Jane@Example.com"}], "acme-hubspot")
    made = found(crm, Party(email="jane@example.com"))
    assert made.facts["connection"] == "acme-hubspot"
    assert json.loads(json.dumps(made.facts["participants"]))[CONNECTION]["outcome"] == "unknown"


def test_a_workspace_without_a_crm_is_fine(db: Database) -> None:
    made = found(db, Party(phone="+14155552671"))
    assert (made.status, made.facts["outcome"], made.facts["participants"]) == (Status.SKIPPED, "unknown", {})


def test_a_crm_that_is_being_connected_knows_nobody_yet(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("insert into workspaces.workspaces (name) values ('acme')")
        conn.execute(
            "insert into workspaces.connections (id, workspace, kind, config, secret_ref, sandbox)"
            " values ('acme-third', 'acme', 'salesforce', '{}', 'env:NONE', true)"
        )
    assert found(db, Party(phone="+14155552671")).facts["outcome"] == "unknown"


def test_numbers_without_a_country_are_of_the_region_that_the_workspace_chose(crm: Database) -> None:
    put(crm, "contacts", [{"id": "c1", "phone": "0170 5550123"}])
    with crm.transaction() as conn:
        conn.execute("insert into calls.options (workspace, region) values ('acme', 'DE')")
    made = found(crm, Party(phone="0170/5550123"))
    assert (made.facts["contact"], made.facts["region"]) == ("c1", "DE")


def test_a_rep_is_known_by_the_short_form_of_a_salesforce_id_and_an_inactive_one_is_not(crm: Database) -> None:
    put(crm, "users", [{"id": "005000000000ABCAA2", "is_active": True}, {"id": "gone", "is_active": False}])
    put(crm, "contacts", [{"id": "c1", "phone": "4155552671"}])
    prospect = Party(phone="+14155552671")
    assert found(crm, prospect, rep=Party(crm_user_id="005000000000ABC")).facts["owner"] == "005000000000ABCAA2"
    assert found(crm, prospect, call_id="dial-2", rep=Party(crm_user_id="gone")).facts["owner"] is None


def test_people_are_looked_up_by_indexes(crm: Database) -> None:
    with crm.transaction() as conn:
        conn.execute("set local enable_seqscan = off")
        for table in ("contacts", "leads", "users"):
            where = (
                "crm.phone_key(phone) = any('{1}'::bigint[]) or crm.phone_key(mobile_phone) = 1 or lower(email) = 'x'"
            )
            plan = conn.execute(
                f"explain select id from crm.{partition_name(table, CONNECTION)} where {where}".encode()
            ).fetchall()
            assert sum("Bitmap Index Scan" in line for (line,) in plan) == 3
