"""Small orgs that many tests read: one generated, and the same one exported to CSV and loaded again."""

import csv
from pathlib import Path

import pytest

from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.orgs import Orgs

ACCOUNTS = 300


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Org:
    return Orgs(tmp_path_factory.mktemp("generated")).create_generated("acme", ACCOUNTS, seed=8)


@pytest.fixture(scope="session")
def loaded(generated: Org, tmp_path_factory: pytest.TempPathFactory) -> Org:
    folder = tmp_path_factory.mktemp("export")
    for sobject in generated.sobjects():
        write_export(folder / f"{sobject.name}.csv", list(generated.truth(sobject.name)))
    return Orgs(tmp_path_factory.mktemp("loaded")).load_export("copy", folder)


def write_export(path: Path, rows: list[Row]) -> None:
    """Write rows as a Data Export does: no compound fields, null as nothing, booleans in lower case."""
    columns = [name for name in rows[0] if not any(isinstance(row[name], dict) for row in rows)]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows([_text(row[name]) for name in columns] for row in rows)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
