"""What a customer leaves out is not read, and goes; what is brought back is read for old rows too."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.lifecycle.choosing import Chosen, choose
from nooks_dagster.crm.lifecycle.chosen import ChosenConnector, narrowed
from nooks_dagster.crm.lifecycle.leaving_out import wanted_only
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject, Window
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, row
from tests.crm.hubspot.served_portal import SECRET
from tests.crm.salesforce.reading import open_org
from tests.crm.salesforce.world import World

ROWS = {"Account": [row(n) for n in range(7)], "Contact": [row(1)]}
RAW = "crm_raw/accounts/workspace=acme/connection=acme-salesforce/source=Account"


@pytest.fixture
def chosen(db: Database, platform: Platform) -> Callable[..., Chosen]:
    """Choose for the only connection, in place of what was chosen before."""
    return lambda **options: choose(db, Registry(db).connection("acme-salesforce"), SyncOptions.of(options))


def kinds(reports: list[WindowReport], source: str = "Account") -> list[str]:
    return [report.task.kind for report in reports if report.task.source == source]


def kinds_once(reports: list[WindowReport]) -> list[str]:
    """Return them each once: behind the window that a choice lets begin, a click may have one of its own."""
    return list(dict.fromkeys(kinds(reports)))


def test_an_object_that_is_left_out_is_not_read_and_keeps_its_rows(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen]
) -> None:
    crm.write(ROWS)
    click()
    chosen(without_objects=["Account"])
    crm.write({"Account": [row(n, minute=70, Name="new") for n in range(9)], "Contact": [row(1)]}, minute=80)
    assert kinds(click()) == []
    assert {values[0] for values in table("accounts").values()} == {f"n{n}" for n in range(7)}
    chosen()
    assert kinds_once(click()) == [WindowKind.INCREMENTAL]
    assert len(table("accounts")) == 9


def test_nothing_but_what_is_named_is_read(crm: FakeCrm, click: Click, chosen: Callable[..., Chosen]) -> None:
    crm.write(ROWS)
    chosen(only_objects=["Contact"])
    assert {report.task.source for report in click()} == {"Contact"}


def test_a_history_whose_object_is_left_out_in_the_middle_ends_without_a_word(
    crm: FakeCrm, click: Click, chosen: Callable[..., Chosen], db: Database
) -> None:
    crm.write(ROWS, Account="QuotaExhausted")
    click()
    chosen(without_objects=["Account"])
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now()")
    crm.write(ROWS)
    click()
    with db.transaction() as conn:
        left = conn.execute("SELECT count(*) FROM work.items WHERE state <> 'done'").fetchall()
    assert left == [(0,)]
    assert not [key for key in crm.fetched() if key.startswith("Account")]


@pytest.mark.parametrize(("field", "place"), [("Score__c", 1), ("Name", 0)], ids=["in properties", "in a column"])
def test_values_of_a_field_that_is_left_out_go_from_postgres_at_once_and_from_the_lake_with_a_refresh(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen], platform: Platform, field: str, place: int
) -> None:
    crm.write(ROWS)
    click()
    followed = chosen(without_fields=[f"Account.{field}"])
    assert (followed.emptied_rows, list(followed.read_anew)) == (7, ["Account"])
    assert {values[place] for values in table("accounts").values()} == {None}
    assert field in Dataset(platform.lake, RAW).schema.names
    assert kinds(click()) == [WindowKind.REFRESH]
    assert field not in Dataset(platform.lake, RAW).schema.names
    assert {values[place] for values in table("accounts").values()} == {None}
    assert {values[place] for values in table("contacts").values()} != {None}


def test_a_rebuild_from_the_lake_does_not_bring_back_what_was_left_out(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen]
) -> None:
    crm.write(ROWS)
    click()
    chosen(without_fields=["Account.Score__c"])
    click(Request(WindowKind.REBUILD))
    assert {values[1] for values in table("accounts").values()} == {None}


def test_a_merge_that_is_under_way_does_not_bring_back_what_is_left_out_meanwhile(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen], db: Database
) -> None:
    crm.write(ROWS)
    click()
    source = crm.describe("Account")
    with ThreadPoolExecutor(1) as pool:
        with db.transaction() as conn:
            wanted, _ = wanted_only(conn, "acme-salesforce", source, iter(()))
            assert wanted is source
            choosing = pool.submit(chosen, without_fields=["Account.Score__c"])
            wait([choosing], timeout=1)
            conn.execute("""UPDATE crm.accounts SET properties = properties || '{"Score__c": 77}' WHERE id = '0000'""")
        choosing.result(timeout=60)
    assert {values[1] for values in table("accounts").values()} == {None}


def test_a_field_that_is_brought_back_is_read_for_old_rows_too(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen]
) -> None:
    crm.write(ROWS)
    chosen(without_fields=["Account.Score__c"])
    click()
    assert {values[1] for values in table("accounts").values()} == {None}
    chosen()
    crm.write(ROWS, minute=80)
    assert kinds_once(click()) == [WindowKind.INCREMENTAL, WindowKind.REFRESH]
    assert {values[1] for values in table("accounts").values()} == set(range(7))


def test_a_field_that_went_while_its_object_was_left_out_too_comes_back_with_it(
    crm: FakeCrm, click: Click, table: Table, chosen: Callable[..., Chosen]
) -> None:
    crm.write(ROWS)
    click()
    chosen(without_objects=["Account"], without_fields=["Account.Score__c"])
    click()
    chosen()
    crm.write(ROWS, minute=80)
    click()
    assert {values[1] for values in table("accounts").values()} == set(range(7))


def test_an_object_that_is_brought_back_without_a_field_loses_it_in_the_lake_too(
    crm: FakeCrm, click: Click, chosen: Callable[..., Chosen], platform: Platform
) -> None:
    crm.write(ROWS)
    click()
    chosen(without_objects=["Account"], without_fields=["Account.Score__c"])
    click()
    assert list(chosen(without_fields=["Account.Score__c"]).read_anew) == ["Account"]
    click()
    assert "Score__c" not in Dataset(platform.lake, RAW).schema.names


@pytest.mark.parametrize("field", ["Id", "SystemModstamp", "IsDeleted"])
def test_what_tells_rows_apart_cannot_be_left_out(
    crm: FakeCrm, click: Click, chosen: Callable[..., Chosen], field: str
) -> None:
    crm.write(ROWS)
    click()
    with pytest.raises(Permanent, match=f"Account.{field} cannot be left out"):
        chosen(without_fields=[f"Account.{field}"])


@pytest.mark.parametrize(("field", "words"), [("Account.Nmae", "has no field Nmae"), ("Account", "names no field")])
def test_a_field_that_is_not_there_is_refused(
    crm: FakeCrm, click: Click, chosen: Callable[..., Chosen], field: str, words: str
) -> None:
    crm.write(ROWS)
    click()
    with pytest.raises(Permanent, match=words):
        chosen(without_fields=[field])


def test_what_is_derived_of_a_field_goes_with_it_and_what_tells_rows_apart_stays() -> None:
    names = ("id", "updatedAt", "archived", "closedate", "closedate.date", "closedate2", "amount")
    fields = tuple(SourceField(name, FieldType.TEXT) for name in names)
    deals = SourceObject(
        "deals", "opportunities", fields, "id", "updatedAt", "archived", {"close_date": "closedate.date"}
    )
    without = narrowed(deals, SyncOptions(without_fields=("deals.closedate", "companies.amount")))
    assert [field.name for field in without.fields] == ["id", "updatedAt", "archived", "closedate2", "amount"]
    assert without.columns == {}
    only = narrowed(deals, SyncOptions(only_fields=("deals.amount",)))
    assert [field.name for field in only.fields] == ["id", "updatedAt", "archived", "amount"]
    assert narrowed(deals, SyncOptions(only_fields=("companies.name",))) is deals


def open_portal() -> Connector:
    return HubSpotConnector(Session(Credentials.read(SECRET), "globex-hubspot", Unthrottled()))


def every_row(connector: Connector, name: str) -> list[dict[str, Any]]:
    source = connector.describe(name)
    steps = connector.plan(source, Window(None, connector.safe_bound(name))).steps
    extractions = [connector.extract(source, chunk) for step in steps for chunk in step.chunks]
    return [row for extraction in extractions for batch in extraction.batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("connector", "name", "field", "canonical"),
    [
        (open_org, "Contact", "Birthdate", "title"),
        (open_portal, "contacts", "associations.companies", "account_id"),
    ],
    ids=["salesforce", "hubspot"],
)
def test_a_crm_is_not_asked_for_what_is_left_out_and_all_else_is_as_ever(
    world: World, connector: Callable[[], Connector], name: str, field: str, canonical: str
) -> None:
    del world
    whole, real = connector(), connector()
    column = whole.describe(name).columns[canonical]
    out = {field, f"{field}.primary", column}
    options = SyncOptions(without_fields=tuple(f"{name}.{one}" for one in sorted(out)))
    narrow = ChosenConnector(real, options)
    everything = every_row(whole, name)
    assert every_row(narrow, name) == [
        {key: value for key, value in row.items() if key not in out} for row in everything
    ]
    assert len(everything) > 50
    assert out & everything[0].keys()
    assert not real.usage().by_kind.get("associations")
