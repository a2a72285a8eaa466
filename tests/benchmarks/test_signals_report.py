"""What follows from a measurement of signals, and whether answers are true."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import compare
from benchmarks.signals import plot
from benchmarks.signals.meter import spread
from benchmarks.signals.report import Research, Side, SignalsReport, Sold
from benchmarks.signals.truth import Judged, Stated, judged, world

OURS = Side(
    seconds=32.0,
    wanted=900,
    failed=9,
    runs=3,
    runs_failed=0,
    attempts=3,
    batch_seconds=[20.0, 30.0, 31.0],
    answer_seconds=[15.0, 29.0, 31.0],
    gap_seconds=[0.0, 0.0, 0.0],
    bound=64,
    sold=Sold(answers=300, again=0, usd=0.25, peak_in_flight=64, limited=0, seconds=1920.0),
    cpu={"platform": 3.0, "postgres": 1.5},
    peak_mb={"platform": 150.0},
    judged=Judged(90, 10, {"its page was not read": 10}),
)
NESTED = replace(OURS, seconds=90.0, failed=180, runs_failed=1, sold=replace(OURS.sold, answers=800, again=500))
REPORT = SignalsReport(
    taken_at="2026-11-29T05:00:00+00:00",
    release="abc",
    accounts=100,
    signals=("tech_stack", "hiring", "funding"),
    model="gpt-6-luna",
    in_flight=64,
    time_scale=0.5,
    terms=["--openai=time_scale=0.5"],
    machine={"cores": "2", "cpu": "some"},
    load_before=0.1,
    research=Research(100, 500, 400, {"ok": 90}, 50.0, {"platform": 5.0}, {"platform": 120.0}),
    again_seconds=1.5,
    again_sold=0,
    sides={"ours": OURS, "nested": NESTED},
)


def test_figures_are_by_side_and_by_answer(tmp_path: Path) -> None:
    figures = REPORT.figures()
    assert figures["ours over the ideal"] == pytest.approx(32 / (1920 / 64))
    assert figures["ours: failed share"] == pytest.approx(0.01)
    assert figures["nested: failed share"] == pytest.approx(0.2)
    assert figures["ours: CPU-ms per answer, platform"] == pytest.approx(10)
    assert (figures["ours: precision"], figures["ours: recall"]) == (0.9, 0.9)
    assert figures["research: CPU-ms per page, platform"] == pytest.approx(10)
    assert json.loads(REPORT.write(tmp_path).read_text())["figures"] == figures
    assert [table.row_count for table in REPORT.tables()] == [
        len(OURS.figures()),
        len(figures) - 2 * len(OURS.figures()),
    ]


def test_the_plot_has_a_bar_of_each_side_for_each_figure() -> None:
    drawn = ET.fromstring(plot.svg(REPORT))
    bars = [one for one in drawn if one.tag.endswith("rect")]
    assert len(bars) == 1 + len(plot.CHARTS) * len(REPORT.sides)


def test_reports_of_signals_are_compared_like_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = REPORT.write(tmp_path / "a"), replace(REPORT, accounts=200).write(tmp_path / "b")
    compare.main(before, after)
    told = capsys.readouterr().out
    assert "Of other kinds, machines or sizes" in told
    assert "nested: sold again" in told


def test_a_spread_is_the_mean_the_95th_percentile_and_the_most() -> None:
    assert spread([float(n) for n in range(101)]) == [50.0, 95.0, 100.0]
    assert (spread([7.0]), spread([])) == ([7.0, 7.0, 7.0], [0.0, 0.0, 0.0])


def test_the_world_is_read_with_the_pages_that_state_it() -> None:
    line = {
        "account": "a1",
        "signal": "hiring",
        "findings": [
            {"values": {"department": "Sales"}, "pages": [{"url": "https://a.example/jobs", "kind": "careers"}]}
        ],
    }
    assert world([json.dumps(line)]) == {
        ("a1", "hiring"): Stated([({"department": "Sales"}, ["https://a.example/jobs"])])
    }


def test_what_is_missed_has_a_reason_and_what_is_untrue_counts() -> None:
    expected = {
        ("a", "hiring"): Stated([({"department": "Sales"}, ["/jobs"]), ({"department": "Legal"}, ["/old", "/jobs"])]),
        ("b", "hiring"): Stated([({"department": "Sales"}, ["/hidden"])]),
        ("c", "hiring"): Stated([({"department": "Sales"}, ["/jobs"])]),
        ("d", "funding"): Stated([({"round": "Series A", "amount": 5_000_000}, ["/news"])]),
    }
    found = {
        ("a", "hiring"): [{"department": " sales"}],
        ("b", "hiring"): [{"department": "Finance"}],
        ("d", "funding"): [{"round": "Series A", "amount": 5_000_000, "currency": "USD"}],
    }
    assert judged(expected, found, read={"/jobs", "/news"}) == Judged(
        right=2, wrong=1, missed={"not told": 1, "its page was not read": 1, "no answer": 1}
    )
