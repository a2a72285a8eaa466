"""What follows from a measurement of many workspaces."""

import json
from pathlib import Path

import pytest

from benchmarks.cadence import spread
from benchmarks.cadence_report import CadenceReport, Look

REPORT = CadenceReport(
    taken_at="2026-11-28T23:00:00+00:00",
    release="abc",
    crm="salesforce",
    workspaces=200,
    cadence_minutes=15,
    machine={"cores": "2"},
    load_before=0.1,
    seconds=900.0,
    runs={"SUCCESS": 199, "FAILURE": 1},
    starts_done=200,
    late=[6.0, 9.0, 12.0],
    plan_seconds=0.2,
    ticks={"due_work_sensor": [0.1, 0.3, 0.5]},
    event_rows=[28, 28, 28],
    calls=4_200,
    cpu={"code-server": 700.0, "postgres": 110.0},
    looks=[Look(0.0, 0, 0, 9, {"postgres": 70.0}), Look(5.0, 3, 2, 40, {"postgres": 90.0})],
)


def test_figures_are_those_of_a_run_and_of_the_worst_moment(tmp_path: Path) -> None:
    figures = REPORT.figures()
    assert figures["runs a minute"] == pytest.approx(200 / 15)
    assert figures["CPU-s of a run, code-server"] == pytest.approx(3.5)
    assert figures["cores busy, of all services"] == pytest.approx(0.9)
    assert (figures["most starts that waited"], figures["Postgres sessions, most"]) == (3, 40)
    assert (figures["API calls of a run"], figures["event rows of a run, most"]) == (21, 28)
    assert json.loads(REPORT.write(tmp_path).read_text())["figures"] == figures
    assert REPORT.table().row_count == len(figures)


def test_a_spread_is_the_median_the_95th_percentile_and_the_most() -> None:
    assert spread([float(n) for n in range(1, 101)]) == [50.5, 95.95, 100.0]
    assert (spread([7.0]), spread([])) == ([7.0, 7.0, 7.0], [0.0, 0.0, 0.0])
