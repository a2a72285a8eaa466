"""A small measurement of calls: what it tells is what the dialer, the provider and the CRM saw."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.calls import plot
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import Size
from benchmarks.calls.measuring import Wish, measure
from benchmarks.calls.provider import Provider
from benchmarks.calls.report import CallsReport

pytestmark = pytest.mark.timeout(300)  # services of its own, and four interpreters


@pytest.fixture(scope="module")
def report() -> CallsReport:
    load = Load(rate=8, seconds=2, length=2, pool=3)
    return measure(Wish(load, Size(workers=1, hands=8, workspaces=1, accounts=20), Provider(0.1), every=0.5))


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
