"""The connector against the sandbox, over HTTPS and a proxy: what arrives is the truth."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from nooks_dagster.crm.model import FieldType, Window
from nooks_dagster.crm.salesforce.plans import Sizes
from nooks_dagster.failures import Failure, Permanent, Unauthorized
from tests.crm.salesforce.reading import chunks_of, drain, expected, open_org, planned
from tests.crm.salesforce.world import SECRET, USER, World

pytestmark = pytest.mark.usefixtures("world")


def test_a_history_is_the_truth_row_for_row(world: World) -> None:
    connector = open_org()
    for name in ("Account", "Contact", "User", "Task", "Territory_Plan__c"):
        source = connector.describe(name)
        chunks = planned(connector, source, Window(None, connector.safe_bound(name)))
        rows = drain(connector, source, chunks)
        assert rows == expected(source, world.truth(name)), name
        if len(rows) > 500:
            assert len(chunks) >= 5


def test_a_history_goes_on_behind_any_chunk_as_it_would_have() -> None:
    connector = open_org()
    source = connector.describe("Contact")
    window = Window(None, connector.safe_bound("Contact"))
    steps = list(connector.plan(source, window).steps)
    assert list(open_org().plan(source, window, steps[2].resume).steps) == steps[3:]
    assert planned(connector, source, window, steps[-1].resume) == []


def test_a_window_of_time_is_what_changed_in_it(world: World) -> None:
    connector = open_org(sizes=Sizes(chunk=30))
    source = connector.describe("Contact")
    truth = expected(source, world.truth("Contact"))
    stamps = sorted(row["SystemModstamp"] for row in truth)
    window = Window(stamps[len(stamps) // 4], stamps[3 * len(stamps) // 4])
    steps = list(connector.plan(source, window).steps)
    chunks = chunks_of(steps)
    assert len(chunks) > 3
    arrived = {row["Id"] for row in drain(connector, source, chunks)}
    changed = {row["Id"] for row in truth if window.since <= row["SystemModstamp"] < window.until}
    assert arrived == changed
    later = {row["Id"] for row in drain(connector, source, planned(connector, source, window, steps[1].resume))}
    sooner = {row["Id"] for row in drain(connector, source, chunks[:2])}
    assert later == changed - sooner


def test_an_empty_window_has_no_chunks_and_costs_one_call() -> None:
    connector = open_org()
    source = connector.describe("Account")
    before = connector.usage().calls
    window = Window(datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 1, 2, tzinfo=UTC))
    assert planned(connector, source, window) == []
    assert connector.usage().calls == before + 1


def test_the_safe_bound_is_by_the_orgs_clock_and_holds_back_five_minutes() -> None:
    bound = open_org().safe_bound("Account")
    behind = datetime.now(UTC) - bound
    assert timedelta(minutes=11) < behind < timedelta(minutes=14)  # the sandbox's clock is 7 minutes late


def test_objects_are_the_canonical_ones_then_the_others() -> None:
    objects = open_org().objects()
    assert list(objects)[:4] == ["Account", "Contact", "Lead", "Opportunity"]
    assert objects["Task"] == "activities"
    assert {name for name, canonical in objects.items() if canonical == "custom_objects"} >= {"Territory_Plan__c"}


def test_describe_types_fields_and_knows_the_canonical_columns() -> None:
    source = open_org().describe("Account")
    types = {field.name: field.type for field in source.fields}
    assert types["Id"] is FieldType.TEXT
    assert types["SystemModstamp"] is FieldType.TIMESTAMP
    assert types["IsDeleted"] is FieldType.BOOLEAN
    assert "BillingAddress" not in types
    assert "BillingCity" in types
    assert (source.key, source.stamp, source.deleted) == ("Id", "SystemModstamp", "IsDeleted")
    assert source.columns["annual_revenue"] == "AnnualRevenue"


def test_an_unknown_object_is_refused_by_name() -> None:
    with pytest.raises(Permanent, match=r"Nothing__c: The object does not exist"):
        open_org().describe("Nothing__c")


@pytest.mark.parametrize("secret", [SECRET, USER, {**SECRET, **USER}, {**SECRET, **USER, "domain": "login"}])
def test_each_way_in_works(secret: dict[str, str]) -> None:
    assert "Account" in open_org(secret).objects()


@pytest.mark.parametrize(
    ("change", "failure", "words"),
    [
        ({"consumer_secret": "wrong"}, Unauthorized, "nooks connect"),
        ({"consumer_key": "SANDBOX.nobody"}, Unauthorized, "consumer key"),
        ({**USER, "password": "wrong"}, Unauthorized, "password"),
        (
            {**USER, "consumer_key": "", "consumer_secret": "", "domain": "login", "security_token": "x"},
            Unauthorized,
            "token",
        ),
        ({"domain": "nowhere.my"}, Failure, "domain"),
        ({"domain": "acme.something"}, Failure, "domain"),
        ({"domain": "login"}, Permanent, "--domain acme.my"),
    ],
)
def test_a_wrong_credential_is_told_in_words(change: dict[str, str], failure: type[Failure], words: str) -> None:
    with pytest.raises(failure, match=re.escape(words)) as caught:
        open_org({**SECRET, **change}).objects()
    shown = str(caught.value)
    assert "sandbox-secret" not in shown
    assert "sandbox-password" not in shown


def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Failure, match=r"The proxy does not answer\. Start it"):
        open_org().objects()


def test_an_authority_that_is_not_trusted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Permanent, match=r"certificate of acme\.my\.salesforce\.com is not trusted.*REQUESTS_CA_BUNDLE"):
        open_org().objects()


def test_an_object_without_get_updated_is_held_back_by_the_lag_alone() -> None:
    connector = open_org()
    bound = connector.safe_bound("Account")
    connector._replicateable["Account"] = False
    assert abs(connector.safe_bound("Account") - bound) < timedelta(seconds=30)


def test_a_range_of_ids_is_counted_and_listed_without_deleted_rows(world: World) -> None:
    connector = open_org()
    source = connector.describe("Contact")
    alive = sorted(row["Id"] for row in world.truth("Contact") if not row["IsDeleted"])
    assert len(alive) < len(world.truth("Contact"))
    low, high = alive[10], alive[-10]
    for borders, wanted in (((None, None), alive), ((low, high), alive[10:-10])):
        assert connector.count(source, *borders) == len(wanted)
        assert [record for page in connector.ids(source, *borders) for record in page] == wanted
