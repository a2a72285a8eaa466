"""A thread whose work nobody waits for lets the others have the cores; nobody else does."""

import sys
import threading
from collections.abc import Callable

import pytest

from nooks_dagster.ledger.giving_way import give_way, in_background
from nooks_dagster.ledger.items import WorkClass
from tests.nices import nice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a thread's nice value")


def told_by_a_thread(work: Callable[[], None]) -> list[int]:
    """Return the nice values of a thread after some work, and of a thread that it starts."""
    told: list[int] = []

    def child() -> None:
        told.append(nice())

    def thread() -> None:
        work()
        child()
        within = threading.Thread(target=child)
        within.start()
        within.join()

    outer = threading.Thread(target=thread)
    outer.start()
    outer.join()
    return told


@pytest.mark.parametrize("work_class", [WorkClass.NIGHTLY, WorkClass.HISTORY])
def test_a_thread_of_work_that_nobody_waits_for_gives_way_with_all_that_it_starts(work_class: WorkClass) -> None:
    before = nice()
    assert told_by_a_thread(lambda: give_way(work_class, 15)) == [15, 15]
    assert nice() == before


@pytest.mark.parametrize("work_class", [WorkClass.LIVE, WorkClass.ASKED, WorkClass.INCREMENTAL])
def test_what_somebody_waits_for_keeps_its_place(work_class: WorkClass) -> None:
    assert told_by_a_thread(lambda: give_way(work_class, 15)) == [nice()] * 2


def test_it_can_be_switched_off() -> None:
    assert told_by_a_thread(lambda: give_way(WorkClass.HISTORY, 0)) == [nice()] * 2


def test_a_process_that_gives_way_more_is_left_so() -> None:
    def twice() -> None:
        give_way(WorkClass.HISTORY, 18)
        give_way(WorkClass.HISTORY, 10)

    assert told_by_a_thread(twice) == [18, 18]


def test_what_a_run_does_by_itself_gives_way_and_the_run_does_not() -> None:
    before = nice()
    assert in_background(15, nice) == 15
    assert nice() == before


def test_what_breaks_in_the_background_breaks_for_who_waits_for_it() -> None:
    with pytest.raises(ZeroDivisionError):
        in_background(15, lambda: 1 // 0)
