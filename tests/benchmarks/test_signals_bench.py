"""A small measurement of signals: both shapes get the same to do, and what they tell is what the provider saw."""

import pytest

from benchmarks.signals.measuring import measure
from benchmarks.signals.report import SignalsReport

SIGNALS = ("tech_stack", "funding")
OVERLAPPING = 2

pytestmark = pytest.mark.timeout(600)  # services of its own, and a dozen interpreters


@pytest.fixture(scope="module")
def report() -> SignalsReport:
    with pytest.MonkeyPatch.context() as patch:
        # Here nobody compares seconds, each run is an interpreter, and a busy machine is no reason to try a job again.
        patch.setattr("benchmarks.signals.our_side.IMPORT_SECONDS", 0.0)
        patch.setattr("benchmarks.signals.nested_side.TIMEOUT_SECONDS", 3_000.0)
        for runs in ("our_side.RUNS", "nested_side.JOBS"):
            patch.setattr(f"benchmarks.signals.{runs}", OVERLAPPING)
        return measure(24, 0.02, SIGNALS, troubled=False)


def test_both_shapes_answer_the_same_accounts(report: SignalsReport) -> None:
    ours, nested = report.sides["ours"], report.sides["nested"]
    assert ours.wanted == nested.wanted == OVERLAPPING * report.accounts * len(SIGNALS)
    assert ours.failed == nested.failed == 0
    assert (ours.judged.right, ours.judged.wrong) == (nested.judged.right, 0)
    assert ours.judged.right > 0
    assert set(ours.judged.missed) <= {"its page was not read"}


def test_what_is_sold_twice_is_seen(report: SignalsReport) -> None:
    ours, nested = report.sides["ours"], report.sides["nested"]
    assert ours.sold.again == 0
    assert nested.sold.answers == ours.sold.answers + nested.sold.again


def test_a_second_run_of_ours_asks_nothing(report: SignalsReport) -> None:
    assert report.again_sold == 0


def test_each_process_has_its_share_of_the_cost(report: SignalsReport) -> None:
    for side in report.sides.values():
        assert list(side.cpu) == ["platform", "postgres", "lake", "sandbox"]
        assert all(mb > 1 for mb in side.peak_mb.values())
    assert report.research.pages > report.research.sites > 0
