"""What happens to an org's records, against what Salesforce says of it, and against looking at every row."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.moments import milliseconds, to_datetime, to_json
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.orgs import Orgs
from sandbox.salesforce.region import Order, Rectangle
from tests.sandbox.salesforce_world.conftest import write_export

NAME = "Contact"


@pytest.fixture(params=["generated", "loaded"])
def orgs(request: pytest.FixtureRequest, generated: Org, tmp_path: Path) -> Orgs:
    """A folder with one org `acme`, of either kind."""
    orgs = Orgs(tmp_path)
    if request.param == "generated":
        orgs.create_generated("acme", 60, seed=8)
    else:
        (tmp_path / "export").mkdir()
        write_export(tmp_path / "export" / "Contact.csv", list(generated.truth(NAME))[:300])
        orgs.load_export("acme", tmp_path / "export")
    return orgs


def truth(orgs: Orgs) -> dict[str, Row]:
    return {str(row["Id"])[:15]: row for row in orgs.get("acme").truth(NAME)}


def live(orgs: Orgs) -> list[str]:
    return [id15 for id15, row in truth(orgs).items() if not row["IsDeleted"]]


def stamp(orgs: Orgs, id15: str) -> str:
    return str(truth(orgs)[id15]["SystemModstamp"])


def deleted(orgs: Orgs) -> set[str]:
    org = orgs.get("acme")
    return {id18[:15] for id18, _ in org.deleted(NAME, org.now() - timedelta(minutes=1), org.now())}


def test_users_and_automations_move_different_stamps(orgs: Orgs) -> None:
    by_user, by_automation = live(orgs)[:2]
    before = truth(orgs)
    orgs.living("acme").edit(NAME, [by_user], {"Department": "Ops"})
    orgs.living("acme").edit(NAME, [by_automation], {"Department": None}, automated=True)
    after = truth(orgs)
    assert (after[by_user]["Department"], after[by_automation]["Department"]) == ("Ops", None)
    for id15 in (by_user, by_automation):
        assert str(before[id15]["SystemModstamp"]) < str(after[id15]["SystemModstamp"])
        assert after[id15]["CreatedDate"] == before[id15]["CreatedDate"]
    assert after[by_user]["LastModifiedDate"] == after[by_user]["SystemModstamp"]
    assert after[by_automation]["LastModifiedDate"] == before[by_automation]["LastModifiedDate"]


def test_a_row_goes_to_the_bin_and_comes_back_with_a_new_stamp_and_is_purged_in_the_end(orgs: Orgs) -> None:
    living, (row, *_) = orgs.living("acme"), live(orgs)
    before, count = stamp(orgs, row), orgs.get("acme").count(NAME)
    living.delete(NAME, [row])
    assert (truth(orgs)[row]["IsDeleted"], deleted(orgs), orgs.get("acme").count(NAME)) == (True, {row}, count - 1)
    living.undelete(NAME, [row])
    assert (truth(orgs)[row]["IsDeleted"], deleted(orgs), orgs.get("acme").count(NAME)) == (False, set(), count)
    assert stamp(orgs, row) > before
    living.purge(NAME, [row])
    assert row not in truth(orgs)
    assert deleted(orgs) == {row}
    assert orgs.get("acme").get(NAME, row) is None


def test_a_merge_sends_the_losers_to_the_bin_with_the_winners_id(orgs: Orgs) -> None:
    winner, *losers = live(orgs)[:3]
    before = stamp(orgs, winner)
    orgs.living("acme").merge(NAME, winner, losers)
    after = truth(orgs)
    assert [(after[row]["IsDeleted"], after[row]["MasterRecordId"]) for row in losers] == [(True, to18(winner))] * 2
    assert stamp(orgs, winner) > before


def test_neither_sharing_nor_a_formula_moves_a_stamp_and_nothing_tells_of_them(orgs: Orgs) -> None:
    living, (lost, drifted, *_) = orgs.living("acme"), live(orgs)
    before = truth(orgs)
    living.share(NAME, [lost], seen=False)
    living.recalculate(NAME, [drifted], {"Full_Title__c": "another"})
    assert (lost in truth(orgs), deleted(orgs)) == (False, set())
    assert truth(orgs)[drifted] == {**before[drifted], "Full_Title__c": "another"}
    living.share(NAME, [lost], seen=True)
    assert truth(orgs)[lost] == before[lost]


def test_a_made_row_has_an_id_above_all_and_values_of_its_own(orgs: Orgs) -> None:
    living, rows = orgs.living("acme"), truth(orgs)
    made = living.insert(NAME, next(iter(rows)), {"Department": "New"})
    again = living.insert(NAME, made, {"Title": "Twin"})
    assert max(rows) < made < again
    after = truth(orgs)
    assert (after[again]["Department"], after[again]["Title"]) == ("New", "Twin")
    assert after[made]["CreatedDate"] == after[made]["SystemModstamp"]
    assert set(after) == {*rows, made, again}


@pytest.mark.parametrize("told", [True, False])
def test_what_a_transaction_writes_is_seen_at_its_end_with_the_stamp_of_its_beginning(orgs: Orgs, told: bool) -> None:
    living, (row, *_), org = orgs.living("acme"), live(orgs), orgs.get("acme")
    before = truth(orgs)
    transaction = living.begin(told=told)
    began = living.overlay.open[transaction].since
    living.edit(NAME, [row], {"Department": "Late"}, transaction)
    made = living.insert(NAME, row, {}, transaction)
    assert truth(orgs) == before
    assert (org.covered_until() == to_datetime(began)) is told
    ended = org.now()
    living.end(transaction)
    after = truth(orgs)
    assert (after[row]["Department"], set(after) - set(before)) == ("Late", {made})
    assert [stamp(orgs, each) for each in (row, made)] == [to_json(began)] * 2
    assert org.covered_until() >= ended


def test_what_happens_is_durable_and_seen_by_another_process(orgs: Orgs, tmp_path: Path) -> None:
    elsewhere = Orgs(tmp_path)
    assert truth(elsewhere) == truth(orgs)
    first, second, *_ = live(orgs)
    orgs.living("acme").edit(NAME, [first], {"Department": "Here"})
    elsewhere.living("acme").delete(NAME, [second])
    assert truth(elsewhere) == truth(orgs) == truth(Orgs(tmp_path))
    assert truth(orgs)[second]["IsDeleted"] is True


def test_a_read_that_has_begun_sees_each_row_once_whatever_happens_meanwhile(orgs: Orgs) -> None:
    living, rows = orgs.living("acme"), truth(orgs)
    scan = living.tables[NAME].scan(Rectangle(), Order.STAMP, deleted=True)
    seen = [next(scan)]
    for id15 in live(orgs)[::3]:
        living.edit(NAME, [id15], {"Department": "Moved"})
    seen += scan
    assert sorted(living.tables[NAME].key(handle)[1] for handle in seen) == sorted(rows)


def test_a_query_that_has_begun_goes_on_with_what_it_found_whatever_happens_meanwhile(orgs: Orgs) -> None:
    living, org = orgs.living("acme"), orgs.get("acme")
    first_row, _, unshared, *others = live(orgs)
    living.share(NAME, [unshared], seen=False)
    soql = f"SELECT Id, Department FROM {NAME} ORDER BY Id"
    query = org.query(soql, include_deleted=True)
    whole = query.page(None, 10_000).rows
    first = query.page(None, 7)
    living.share(NAME, [unshared], seen=True)
    for number, id15 in enumerate(others[:55]):
        (living.purge if number % 3 else living.delete)(NAME, [id15])
        made = living.insert(NAME, first_row, {"Department": "Meanwhile"})
        living.edit(NAME, [made, *others[-3:]], {"Department": f"edit {number}"})
    again = orgs.get("acme").query(soql, include_deleted=True, moment=query.moment)
    assert first.rows + again.page(first.next, 10_000).rows == whole
    assert again.total_size == len(whole)
    assert again.texts(again.seek(9), 10_000).columns[1].to_pylist() == [row["Department"] for row in whole[9:]]
    assert org.query(soql, include_deleted=True).page(None, 10_000).rows != whole


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["edit", "insert", "delete", "undelete", "purge", "hide", "show"]), st.integers(0, 10**6)
    ),
    max_size=25,
)
SHARES = st.tuples(*[st.floats(0, 1)] * 4)


@settings(max_examples=25)
@given(CHANGES, st.lists(SHARES, min_size=1, max_size=4))
def test_any_part_of_the_plane_is_counted_and_walked_as_looking_at_each_row_says(
    changes: list[tuple[str, int]], shares: list[tuple[float, ...]]
) -> None:
    with TemporaryDirectory() as folder:
        orgs = Orgs(Path(folder))
        orgs.create_generated("acme", 8, seed=2)
        living = orgs.living("acme")
        ids = list(truth(orgs))
        for what, number in changes:
            _change(living, what, ids, ids[number % len(ids)])
        rows = truth(orgs)
        keys = sorted((_milliseconds(row), id15) for id15, row in rows.items())
        for share in shares:
            _same_as_looking(living, rows, _part(keys, *share))


def _change(living: Living, what: str, ids: list[str], chosen: str) -> None:
    if what == "insert":
        ids.append(living.insert(NAME, chosen, {}))
    elif what in ("hide", "show"):
        living.share(NAME, [chosen], seen=what == "show")
    elif what == "edit":
        living.edit(NAME, [chosen], {"Department": "x"})
    else:
        {"delete": living.delete, "undelete": living.undelete, "purge": living.purge}[what](NAME, [chosen])


def _same_as_looking(living: Living, rows: dict[str, Row], part: Rectangle) -> None:
    table = living.tables[NAME]
    for gone in (True, False):
        wanted = [
            id15
            for id15, row in sorted(rows.items())
            if part.since <= _milliseconds(row) < part.until and part.first <= id15 < part.last
            if gone or not row["IsDeleted"]
        ]
        for order in Order:
            walked = [table.key(handle)[1] for handle in table.scan(part, order, deleted=gone)]
            assert sorted(walked) == wanted
            if not order.by_stamp:
                assert walked == wanted[:: -1 if order.descending else 1]
        blocks = table.blocks(part, Order.ID, deleted=gone, size=7)
        assert [table.key(handle)[1] for block in blocks for handle in block] == wanted
        assert table.count(part, deleted=gone) == len(wanted)


def _part(keys: list[tuple[int, str]], since: float, until: float, first: float, last: float) -> Rectangle:
    stamps, ids = sorted(key[0] for key in keys), sorted(key[1] for key in keys)

    def at(values: list[Any], share: float) -> Any:
        return values[int(share * (len(values) - 1))]

    return Rectangle(at(stamps, since), at(stamps, until) + 1, at(ids, first), at(ids, last) + "!")


def _milliseconds(row: Row) -> int:
    return milliseconds(str(row["SystemModstamp"])) or 0
