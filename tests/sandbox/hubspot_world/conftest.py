"""Small portals: one that many tests only read, and one of its own for each test that writes."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.hubspot.model import Change, ObjectType, Record
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals

ACCOUNTS = 60


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    return Portals(tmp_path_factory.mktemp("generated")).create_generated("globex", ACCOUNTS, seed=8, ties=40)


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return Portals(tmp_path).create_generated("globex", ACCOUNTS, seed=8, ties=40)


@pytest.fixture
def contacts(portal: Portal) -> ObjectType:
    return portal.type("contacts")


@pytest.fixture
def live(portal: Portal, contacts: ObjectType) -> list[Record]:
    return [record for record in portal.truth(contacts) if record.archived_at is None]


def written(portal: Portal, kind: ObjectType, changes: Sequence[Change]) -> list[Record]:
    """Write, and return the records that it made of them."""
    found = [portal.get(kind, record_id) for record_id in portal.write(kind, changes)]
    return [record for record in found if record is not None]


def every_name(kind: ObjectType) -> list[str]:
    return [made.name for made in kind.properties]


def listed(
    portal: Portal, kind: ObjectType, names: Sequence[str] = (), *, archived: bool = False, limit: int = 100
) -> Iterator[dict[str, Any]]:
    """Read all pages of a list."""
    after: int | None = 0
    while after is not None:
        page = portal.page(kind, after, limit, names, archived=archived)
        assert [int(json.loads(text)["id"]) for text in page.texts] == list(page.ids)
        yield from map(json.loads, page.texts)
        after = page.next


def values(text: bytes) -> dict[str, str]:
    """Return the properties in a text that have values."""
    return {name: value for name, value in json.loads(text)["properties"].items() if value is not None}


def ids(portal: Portal, kind: ObjectType, *, archived: bool = False) -> set[int]:
    return {int(row["id"]) for row in listed(portal, kind, archived=archived)}
