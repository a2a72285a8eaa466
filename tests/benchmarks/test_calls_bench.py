"""A small measurement of calls: what it tells is what the dialer, the provider and the CRM saw."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.calls import plot
from benchmarks.calls.beside.done import Done
from benchmarks.calls.beside.going_on import PARTS
from benchmarks.calls.beside.wish import Beside
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import Size
from benchmarks.calls.measuring import Wish, measure
from benchmarks.calls.provider import Provider
from benchmarks.calls.report import CallsReport

pytestmark = pytest.mark.timeout(600)  # services of its own, and a dozen interpreters


@pytest.fixture(scope="module")
def report() -> CallsReport:
    load, beside = Load(rate=4, seconds=4, length=2, pool=3), Beside(history=1_000, syncs=1, accounts=10)
    size = Size(workers=1, hands=8, workspaces=1, accounts=20)
    return measure(Wish(load, size, Provider(0.1), every=0.5, beside=beside))


def test_every_call_ends_as_it_should_and_is_logged_once(report: CallsReport) -> None:
    came = report.outcome
    assert sum(came.states.values()) >= report.load.calls
    assert (came.wrong, came.doubled, came.undelivered, came.unsent) == (0, 0, 0, 0)
    assert came.activities == came.states["recorded"]


def test_the_cost_of_a_call_is_told_by_part(report: CallsReport) -> None:
    assert set(report.cpu()) == {"postgres", "lake", "sandbox", "ingest", "live workers", "dialer"}
    assert all(ms > 0 for ms in report.cpu().values())
    assert 0 < report.provider_seconds[1] < report.outcome.record_seconds[2]


def test_the_plot_shows_it(report: CallsReport) -> None:
    told = " ".join(ET.fromstring(plot.svg(report)).itertext())
    assert "live workers" in told
    assert "activities delivered" in told


def test_what_goes_on_beside_the_calls_is_told_with_what_it_took(report: CallsReport) -> None:
    done, figures = report.done, report.figures()
    assert done.answers + done.unasked > 0
    # How far a history or a sync comes in four seconds is the machine's business.
    assert figures["rows of the history read beside"] == done.rows
    assert figures["incremental syncs due"] == done.starts
    assert {f"cores busy, {part}" for part in PARTS} < figures.keys()
    assert all(report.looks[-1].cpu[part] > 0 for part in PARTS)


def test_calls_alone_are_told_without_it() -> None:
    assert (Beside().world(), Beside().told(), Done().figures(Beside())) == ([], "", {})


def test_the_orgs_are_as_large_as_is_wanted() -> None:
    beside = Beside(history=10_000_000, syncs=2)
    assert beside.world()[1::2] == ["customer-000=30", "customer-001=30", "history=2000000"]
    assert beside.told() == ", beside a history of 10,000,000, 2 syncs"
