"""A real org's Data Export, loaded into the sandbox and synced: the tables equal the text of the files.

The comparison reads the CSV files again and knows by itself where each field should be, so that it shares no
mistake with the engine's mapping.
"""

import csv
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from psycopg import sql
from psycopg.rows import dict_row

from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from sandbox.salesforce.ids import to18
from tests.crm.salesforce.world import World
from tests.crm.sandboxes import PROJECT

pytestmark = pytest.mark.acceptance

NASTY = [
    'she said "no"', "two\nlines", "windows\r\nlines", "a\ttab", "Ünïcødé 🚀 雪", "NA", "N/A", "NULL", "null", "None",
    "nan", "\\N", "\\", "007", "0.10", "1e5", "-0", "12345678901234567890", " padded ", ",", "'; DROP TABLE x; --",
    "%s {} $1", "<b>&amp;</b>", "\u200bzero width", "", "true", "2024-02-30", "=1+1", "x" * 5000,
]  # fmt: skip
NUMBERS = ["0.1", "1234567.89", "-3.5", "", "123456789012.34", "0", "99"]
MOMENTS = ["2016-02-01T13:30:13.250Z", "1999-12-31T23:59:59.999Z", "2024-02-29T00:00:00.000Z"]

TABLES = {
    "Account": "accounts",
    "Opportunity": "opportunities",
    "User": "users",
    "Product2": "custom_objects",
    "Invoice__c": "custom_objects",
}
COLUMNS = {
    "Account": {"Name": "name", "ParentId": "parent_id", "AnnualRevenue": "annual_revenue", "OwnerId": "owner_id"},
    "Opportunity": {"Name": "name", "AccountId": "account_id", "Amount": "amount", "CloseDate": "close_date",
                    "IsWon": "is_won", "NextStep": "next_step"},
    "User": {"Name": "name", "Username": "username", "IsActive": "is_active", "ManagerId": "manager_id"},
    "Product2": {"Name": "name"},
    "Invoice__c": {"Name": "name", "OwnerId": "owner_id"},
}  # fmt: skip
EVERYWHERE = {
    "CreatedDate": "source_created_at", "LastModifiedDate": "source_modified_at", "SystemModstamp": "source_stamp",
}  # fmt: skip


def record_id(prefix: str, number: int) -> str:
    return to18(f"{prefix}Hp{number:010d}")


def audit(n: int) -> dict[str, str]:
    stamp = MOMENTS[n % len(MOMENTS)]
    return {"CreatedDate": MOMENTS[0], "LastModifiedDate": stamp, "SystemModstamp": stamp}


def accounts() -> Iterator[dict[str, str]]:
    for n, text in enumerate(NASTY * 2):
        yield {
            "Id": record_id("001", n), "IsDeleted": str(n % 13 == 12).lower(), "Name": text or "no name",
            "ParentId": record_id("001", 0) if n % 3 else "", "AnnualRevenue": NUMBERS[n % len(NUMBERS)],
            "OwnerId": record_id("005", n % 4), "Notes__c": text, "Code__c": f"{n:05d}",
            "Score__c": NUMBERS[n % len(NUMBERS)], "Seats__c": str(n * 1000), "Is_Key__c": str(n % 2 == 0).lower(),
            "Day__c": "2024-02-29" if n % 2 else "", "Seen__c": MOMENTS[n % 3], "Nothing__c": "", **audit(n),
        }  # fmt: skip


def opportunities() -> Iterator[dict[str, str]]:
    for n, (text, amount) in enumerate(itertools.islice(itertools.product(NASTY, NUMBERS), 150)):
        yield {
            "Id": record_id("006", n), "Name": f"deal {n}", "AccountId": record_id("001", n) if n % 5 else "",
            "Amount": amount, "CloseDate": f"2017-{n % 12 + 1:02d}-01", "IsWon": str(n % 3 == 0).lower(),
            "NextStep": text[:255], "External_Id__c": f"0{n}", "Reason__c": text, **audit(n),
        }  # fmt: skip


def users() -> Iterator[dict[str, str]]:
    for n in range(4):
        manager = record_id("005", 0) if n else ""
        yield {"Id": record_id("005", n), "Name": NASTY[n], "Username": f"u{n}@maven.example",
               "IsActive": str(n != 2).lower(), "ManagerId": manager, **audit(n)}  # fmt: skip


def products() -> Iterator[dict[str, str]]:
    for n, text in enumerate(NASTY[:7]):
        yield {"Id": record_id("01t", n), "Name": text, "Family": "GTX", "List_Price__c": str(550 + n),
               "IsActive": "true", **audit(n)}  # fmt: skip


def invoices() -> Iterator[dict[str, str]]:
    for n, text in enumerate(NASTY):
        yield {"Id": record_id("a0X", n), "Name": f"INV-{n:04d}", "OwnerId": record_id("005", 0), "Memo__c": text,
               "Total__c": NUMBERS[n % len(NUMBERS)], **audit(n)}  # fmt: skip


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A folder as Salesforce's Data Export writes it; one file with a byte order mark, one with CRLF."""
    folder = tmp_path / "export"
    folder.mkdir()
    files: dict[str, Sequence[dict[str, str]]] = {
        "Account": [*accounts()],
        "Opportunity": [*opportunities()],
        "User": [*users()],
        "Product2": [*products()],
        "Invoice__c": [*invoices()],
    }
    for name, rows in files.items():
        encoding = "utf-8-sig" if name == "Account" else "utf-8"
        end = "\r\n" if name == "Opportunity" else "\n"
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator=end, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def sandbox(state: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "sandbox", *arguments, "--state", str(state), "--org", "maven"]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT).stdout


def test_an_export_is_synced_row_for_row_and_field_for_field(
    platform: Platform,
    org: World,
    nooks: Callable[..., Result],
    export: Path,
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox(org.state, "load", str(export), "--no-serve")
    for name, value in json.loads(sandbox(org.state, "env", "--format", "json")).items():
        monkeypatch.setenv(name, value)
    connected = nooks("connect", "salesforce", "maven")
    assert connected.exit_code == 0, connected.output
    assert "Product2" in connected.stdout
    reports = list(WorkspaceSync(platform, SyncRun("maven", "run")).run())
    assert {report.ending for report in reports} <= {Ending.DONE, Ending.HELD_BACK}
    for name, table in TABLES.items():
        texts = read(export / f"{name}.csv")
        assert differences(db, name, table, texts)[:5] == []
        raw = Dataset.below(platform.lake, f"crm_raw/{table}/workspace=maven/connection=maven-salesforce/source={name}")
        assert raw.rows == len(texts)
    shown = nooks("status", "maven")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("complete until") == len({report.task.source for report in reports})


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def differences(db: Database, source: str, table: str, texts: Sequence[Mapping[str, str]]) -> list[str]:
    query = sql.SQL("SELECT * FROM {} WHERE connection_id = 'maven-salesforce' AND source_object = %s")
    with db.transaction() as conn:
        cursor = conn.cursor(row_factory=dict_row).execute(query.format(sql.Identifier("crm", table)), (source,))
        stored = {row["id"]: row for row in cursor}
    found = [f"{key} is in no file" for key in stored.keys() - {row["Id"] for row in texts}]
    for row in texts:
        found += row_differences(source, row, stored.get(row["Id"]))
    return found


def row_differences(source: str, row: Mapping[str, str], mine: Mapping[str, Any] | None) -> list[str]:
    if mine is None:
        return [f"{row['Id']} is missing"]
    if row.get("IsDeleted") == "true":
        winner = row.get("MasterRecordId") or None
        wanted = ("merged" if winner else "deleted", winner, None, {})
        gone = (mine["deleted_reason"], mine["merged_into"], mine["name"], mine["properties"]) == wanted
        return [] if gone else [f"{row['Id']} is no tombstone"]
    columns = COLUMNS[source] | EVERYWHERE
    places = {name: mine[columns[name]] if name in columns else mine["properties"].get(name) for name in row}
    fields = [name for name in row if name not in ("Id", "IsDeleted")]
    return [
        f"{row['Id']} {name}: {row[name]!r} became {places[name]!r}"
        for name in fields
        if not same(row[name], places[name])
    ]


def same(text: str, value: Any) -> bool:
    """Say whether a value is what the text of a CSV means; a number may be written in one way only."""
    match value:
        case None:
            return text == ""
        case bool():
            return text == str(value).lower()
        case int() | float() | Decimal():
            padded = len(text) > 1 and text[0] == "0" and text[1] != "."
            return text != "" and not padded and Decimal(text) == Decimal(str(value))
        case datetime():
            return value == datetime.fromisoformat(text)
        case str() if text in MOMENTS:
            return datetime.fromisoformat(value) == datetime.fromisoformat(text)
    return text == str(value)
