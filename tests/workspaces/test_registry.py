"""Connections are added once, marked in words, and never turn into another org by accident."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces import removals
from nooks_dagster.workspaces.registry import ACCOUNT, Connection, ConnectionState, Registry, choose

HOST = {"host": "acme.my.salesforce.com"}


@pytest.fixture
def registry(db: Database) -> Registry:
    return Registry(db)


def add(registry: Registry, workspace: str = "acme", **changes: Any) -> Connection:
    values = {"kind": "salesforce", "config": HOST, "secret_ref": "file:acme-salesforce", "sandbox": True}
    return registry.add_connection(workspace, **{**values, **changes})


def test_the_first_connection_brings_its_workspace(registry: Registry) -> None:
    connection = add(registry)
    assert connection.id == "acme-salesforce"
    assert connection.state is ConnectionState.ACTIVE
    assert registry.connection("acme-salesforce") == connection
    assert [workspace.name for workspace in registry.workspaces()] == ["acme"]


def test_adding_the_same_again_changes_nothing(registry: Registry) -> None:
    assert add(registry) == add(registry)
    assert len(registry.connections()) == 1


def test_several_processes_may_add_the_same_at_once(registry: Registry) -> None:
    with ThreadPoolExecutor(4) as pool:
        connections = list(pool.map(lambda _: add(registry), range(8)))
    assert connections == [connections[0]] * 8


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"config": {"host": "other.my.salesforce.com"}}, "another config"),
        ({"secret_ref": "env:OTHER"}, "another secret_ref"),
    ],
)
def test_other_values_are_refused_by_name_unless_they_shall_replace(
    registry: Registry, changes: dict[str, Any], named: str
) -> None:
    add(registry)
    with pytest.raises(Permanent, match=f"connection acme-salesforce: It exists already, with {named}"):
        add(registry, **changes)
    replaced = add(registry, **changes, replace=True)
    assert registry.connection("acme-salesforce") == replaced


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "hubspot", "connection_id": "acme-salesforce"},
        {"workspace": "maven", "connection_id": "acme-salesforce"},
        {"config": {ACCOUNT: "maven.my.salesforce.com"}},
    ],
)
def test_the_rows_of_one_customer_or_org_never_become_those_of_another(
    registry: Registry, changes: dict[str, Any]
) -> None:
    standing = add(registry, config={ACCOUNT: "acme.my.salesforce.com"})
    with pytest.raises(Permanent, match=r"holds the rows of acme\.my\.salesforce\.com for workspace acme"):
        add(registry, **changes, replace=True)
    assert registry.connection("acme-salesforce") == standing


def test_a_sandbox_connection_never_becomes_a_real_one(registry: Registry) -> None:
    add(registry)
    with pytest.raises(Permanent, match="It is connected to the sandbox; it cannot become one of a real system"):
        add(registry, sandbox=False, replace=True)
    assert registry.connection("acme-salesforce").sandbox


def test_a_mark_gives_its_reason_and_connecting_again_lifts_it(registry: Registry) -> None:
    add(registry)
    registry.mark("acme-salesforce", "unauthorized", "Salesforce refused the credentials.")
    marked = registry.connection("acme-salesforce")
    assert (marked.state, marked.state_reason) == ("unauthorized", "Salesforce refused the credentials.")
    again = add(registry)
    assert (again.state, again.state_reason) == ("active", "")


def test_the_first_reason_of_a_state_stands(registry: Registry) -> None:
    add(registry)
    registry.mark("acme-salesforce", "unauthorized", "The password expired.")
    since = registry.connection("acme-salesforce").state_since
    registry.mark("acme-salesforce", "unauthorized", "Something else.")
    marked = registry.connection("acme-salesforce")
    assert (marked.state_reason, marked.state_since) == ("The password expired.", since)


def test_a_removed_connection_is_not_listed_and_may_be_connected_anew(registry: Registry) -> None:
    add(registry)
    registry.mark("acme-salesforce", ConnectionState.REMOVED, "The customer left.")
    assert registry.connections("acme") == []
    assert add(registry, config={"host": "new.my.salesforce.com"}).state is ConnectionState.ACTIVE


def test_connections_are_listed_by_workspace(registry: Registry) -> None:
    add(registry)
    add(registry, "maven")
    assert [connection.id for connection in registry.connections("maven")] == ["maven-salesforce"]
    assert [connection.id for connection in registry.connections()] == ["acme-salesforce", "maven-salesforce"]


def test_an_unknown_connection_is_refused_with_the_next_step(registry: Registry) -> None:
    for use in (registry.connection, lambda name: registry.mark(name, "paused", "why not")):
        with pytest.raises(Permanent, match="connection typo: There is no such connection") as refusal:
            use("typo")
        assert "nooks status" in refusal.value.next_step


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acme, inc", "it contains a space, a comma"),
        ("acme/europe", "it contains a slash"),
        ("äcme", "it contains 'ä'"),
        ("acme\n", "it contains a line break"),
        ("", "the name is empty"),
        ("a" * 64, "it has 64 characters"),
        ("a...b", "dots mean folders and ranges"),
        (".", "dots mean folders and ranges"),
    ],
)
def test_a_name_that_would_break_a_partition_key_is_refused_in_words(registry: Registry, name: str, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        add(registry, name)
    assert registry.workspaces() == []


def test_every_name_that_is_accepted_is_a_partition_key_of_dagster(registry: Registry) -> None:
    dagster = pytest.importorskip("dagster")
    names = ["acme", "Acme.Europe_2-x", "1", "a" * 63, "-", "_.-"]
    with dagster.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("workspaces", [add(registry, name).workspace for name in names])
        assert set(instance.get_dynamic_partitions("workspaces")) == set(names)


def test_a_choice_takes_the_place_of_the_one_before_or_of_what_it_names(registry: Registry, db: Database) -> None:
    connection = add(registry)
    assert connection.options == {}
    registry.choose(connection.id, {"cadence_minutes": 5})
    assert registry.choose(connection.id, {"overlap": "skip"}).options == {"overlap": "skip"}
    with db.transaction() as conn:
        both = choose(conn, connection.id, {"calls": False}, ["calls", "call_fields"])
        assert both.options == {"overlap": "skip", "calls": False}
        assert choose(conn, connection.id, {}, ["calls"]).options == {"overlap": "skip"}
    assert registry.connection(connection.id).options == {"overlap": "skip"}


def test_nobody_chooses_for_a_connection_that_is_not_there(registry: Registry) -> None:
    with pytest.raises(Permanent, match="no such connection"):
        registry.choose("nobody", {})


def test_a_connection_that_is_being_removed_is_not_connected_anew_before_that_has_ended(
    registry: Registry, db: Database
) -> None:
    connection = add(registry)
    with db.transaction() as conn:
        removals.begin(conn, "acme", connection.id)
    with pytest.raises(Permanent, match="It is being removed"):
        add(registry)
    with db.transaction() as conn:
        removals.end(conn, "acme", connection.id)
    assert add(registry).state is ConnectionState.ACTIVE


def test_a_workspace_that_is_being_removed_gets_no_new_connection(registry: Registry, db: Database) -> None:
    with db.transaction() as conn:
        removals.begin(conn, "acme")
    with pytest.raises(Permanent, match="It is being removed"):
        add(registry)
    assert registry.connections("acme") == []
