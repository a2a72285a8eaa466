"""A measurement is of a correct run, tells everything that it promises, and can be compared with another."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import psycopg
import pytest

from benchmarks import plot
from benchmarks.crms import SALESFORCE
from benchmarks.report import Report
from benchmarks.services import YARDSTICK
from benchmarks.verification import verified
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from tests.benchmarks.conftest import ROWS

PROJECT = Path(__file__).parents[2]
ROW = """
    INSERT INTO crm.contacts (connection_id, source_object, id, name, source_stamp, observed_at, present_at)
    VALUES (%s, 'Contact', %s, %s, '2026-01-01', now(), now())
"""

pytestmark = pytest.mark.timeout(400)  # services of its own, and an interpreter for each side


def test_the_costs_of_both_sides_are_told_by_process(report: Report) -> None:
    assert report.rows == ROWS
    assert list(report.platform.cpu) == list(report.platform.peak_mb) == ["sync", "postgres", "lake", "sandbox"]
    assert list(report.yardstick.cpu) == list(report.yardstick.peak_mb) == ["client", "postgres"]
    assert all(mb > 1 for phase in (report.platform, report.yardstick) for mb in phase.peak_mb.values())
    assert report.platform.counted == report.platform.cpu["sync"] + report.platform.cpu["postgres"]
    assert 0 < report.share < 1.5


def test_the_calls_are_those_that_the_sandbox_saw(report: Report) -> None:
    assert sum(report.calls.by_platform.values()) == sum(report.calls.by_sandbox.values())
    assert report.calls.least(ROWS, "salesforce") <= report.calls.data <= report.calls.pages
    assert report.calls.control <= 20


def test_memory_is_watched_for_as_long_as_the_sync_works(report: Report) -> None:
    times = [at for at, _ in report.memory]
    assert times == sorted(times)
    assert times[-1] > 0.5 * report.platform.seconds
    highest = max(mb for _, mb in report.memory)
    assert highest <= report.platform.peak_mb["sync"] + 1  # each core counts some pages ahead


def test_a_report_is_read_as_it_was_written(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["share"] == round(report.share, 4)
    assert Report.read(tmp_path / "report.json").figures() == report.figures()


def test_the_plot_names_each_process_and_is_an_image(report: Report) -> None:
    drawn = plot.svg(report)
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert all(name in drawn for name in ("sync", "postgres", "COPY + merge", "memory of the sync"))


def test_two_reports_are_compared_by_their_ratios(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "a.json")
    command = [sys.executable, "-m", "benchmarks.compare", str(tmp_path / "a.json"), str(tmp_path / "a.json")]
    told = subprocess.run(command, cwd=PROJECT, env={"COLUMNS": "120"}, capture_output=True, text=True, check=True)
    (line,) = [line for line in told.stdout.splitlines() if "share of the yardstick" in line]
    assert line.split("│")[-2].strip() == "1.00"


@pytest.fixture
def two_sides(db: Database, database_url: str) -> Iterator[psycopg.Connection]:
    """Three equal rows on either side."""
    for name in (SALESFORCE.connection, YARDSTICK):
        ensure_partitions(db, name)
    with psycopg.connect(database_url, autocommit=True) as conn:
        for name in (SALESFORCE.connection, YARDSTICK):
            conn.cursor().executemany(ROW, [(name, str(number), "same") for number in range(3)])
        yield conn


def test_equal_rows_are_verified(two_sides: psycopg.Connection, database_url: str) -> None:
    assert int(verified(database_url, SALESFORCE.connection, 3)) != 0


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM crm.contacts WHERE connection_id = 'yardstick' AND id = '0'",
        "DELETE FROM crm.contacts WHERE id = '0'",
        "UPDATE crm.contacts SET name = 'other' WHERE connection_id = 'yardstick' AND id = '0'",
        "UPDATE crm.contacts SET source_stamp = '2026-01-02' WHERE connection_id = 'acme-salesforce' AND id = '0'",
    ],
)
def test_a_missing_or_different_row_fails_the_measurement(
    two_sides: psycopg.Connection, database_url: str, damage: str
) -> None:
    two_sides.execute(damage.encode())
    with pytest.raises(Corrupt):
        verified(database_url, SALESFORCE.connection, 3)
