"""Records that clients make, among those that an org was made of: in whatever way they are read."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs
from sandbox.salesforce.writing.wishes import Deed, Manner, Outcome, Wish
from tests.sandbox.salesforce_world.conftest import write_export

USER = "005000000000000AAA"
KEY = "Nooks_Call_Id__c"


@pytest.fixture
def orgs(tmp_path: Path) -> Orgs:
    """A folder with a generated org, and one that was loaded and knows accounts alone."""
    orgs, export = Orgs(tmp_path / "state"), tmp_path / "export"
    export.mkdir()
    made = orgs.create_generated("made", 50, seed=3)
    write_export(export / "Account.csv", list(made.truth("Account")))
    orgs.load_export("loaded", export)
    orgs.alter("loaded", {"kind": "create", "object": "Task", "field": KEY})
    return orgs


def logged(org: Org, key: str, manner: Manner | None = None, **values: Any) -> Outcome:
    wish = Wish(Deed.UPSERT, "Task", {"Subject": "Call", "Status": "Completed", **values}, key, KEY)
    (outcome,) = org.write([wish], USER, manner or Manner())
    return outcome


@pytest.mark.parametrize("name", ["made", "loaded"])
def test_made_records_are_read_like_all_others(orgs: Orgs, name: str) -> None:
    org = orgs.get(name)
    before = org.count("Task")
    ids = [logged(org, f"call-{number}", CallDurationInSeconds=number).id for number in range(30)]
    assert org.count("Task") == before + 30
    mine = {row["Id"]: row for row in org.truth("Task") if row[KEY]}
    assert [mine[record_id]["CallDurationInSeconds"] for record_id in ids if record_id] == list(range(30))
    for order in ("Id", "SystemModstamp DESC, Id DESC", "Subject"):
        query = org.query(f"SELECT Id, IsClosed, Description FROM Task ORDER BY {order}", include_deleted=False)
        rows, position = [], None
        while not rows or position:
            page = query.page(position, 17)
            rows, position = [*rows, *page.rows], page.next
        assert sum(row["Id"] in ids for row in rows) == 30
        assert len({row["Id"] for row in rows}) == len(rows) == org.count("Task")
    texts = org.query(
        f"SELECT Id, {KEY}, IsClosed, Description FROM Task WHERE {KEY} = 'CALL-7'", include_deleted=False
    )
    assert [column.to_pylist() for column in texts.texts(None, 9).columns] == [[ids[7]], ["call-7"], ["true"], [None]]


@pytest.mark.parametrize("name", ["made", "loaded"])
def test_a_key_names_one_record_whoever_opens_the_folder(orgs: Orgs, name: str, tmp_path: Path) -> None:
    first = logged(orgs.get(name), "call")
    again = logged(Orgs(tmp_path / "state").get(name), "call", Subject="Again")
    assert (first.created, again.created, again.id) == (True, False, first.id)
    assert [row["Subject"] for row in orgs.get(name).truth("Task") if row[KEY]] == ["Again"]


def test_a_deleted_record_gives_its_key_back(orgs: Orgs) -> None:
    org = orgs.get("made")
    first = logged(org, "call")
    org.write([Wish(Deed.DELETE, "Task", named=first.id)], USER)
    second = logged(org, "call")
    assert (second.created, second.id == first.id) == (True, False)


def test_generated_external_ids_name_their_rows(orgs: Orgs) -> None:
    org = orgs.get("made")
    known = next(row for row in org.truth("Account") if row["ERP_Number__c"] and not row["IsDeleted"])
    wish = Wish(Deed.UPSERT, "Account", {"Name": "Renamed"}, str(known["ERP_Number__c"]).lower(), "ERP_Number__c")
    (changed,) = org.write([wish], USER)
    assert (changed.id, changed.created) == (known["Id"], False)
    (taken,) = org.write(
        [Wish(Deed.INSERT, "Account", {"Name": "Twin", "ERP_Number__c": known["ERP_Number__c"]})], USER
    )
    assert taken.refusal is not None
    assert taken.refusal.code == "DUPLICATE_VALUE"


def test_a_record_that_the_user_may_not_see_is_in_the_way_without_a_name(orgs: Orgs) -> None:
    org, living = orgs.get("made"), orgs.living("made")
    hidden = logged(org, "call").id or ""
    living.share("Task", [hidden[:15]], seen=False)
    refused = logged(org, "call").refusal
    assert refused is not None
    assert (refused.code, hidden in refused.message, "<unknown>" in refused.message) == ("DUPLICATE_VALUE", False, True)


def test_a_part_of_a_job_is_done_once(orgs: Orgs, tmp_path: Path) -> None:
    wishes = [Wish(Deed.INSERT, "Task", {"Subject": "Once"}), Wish(Deed.INSERT, "Task", {"WhoId": "?"})]
    first = orgs.get("made").write(wishes, USER, Manner(mark="job/0"))
    again = Orgs(tmp_path / "state").get("made").write(wishes, USER, Manner(mark="job/0"))
    assert [each.written() for each in first] == [each.written() for each in again]
    assert sum(row["Subject"] == "Once" for row in orgs.get("made").truth("Task")) == 1
