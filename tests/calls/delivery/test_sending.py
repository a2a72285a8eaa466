"""Sending a batch that something spoils, and cutting what was said."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.calls.delivery.contents import Content
from nooks_dagster.calls.delivery.sending import send
from nooks_dagster.calls.delivery.wording import shortened
from nooks_dagster.crm.activities import Activity, CallResult, Refused, Written
from nooks_dagster.failures import Permanent, Transient, Unanswered
from tests.calls.delivery.fake_integration import FakeIntegration

BEGAN = datetime(2026, 11, 29, tzinfo=UTC)


def content(number: int) -> Content:
    activity = Activity(str(number), False, CallResult.BUSY, BEGAN, timedelta(), "Call", "Busy.")
    return Content(number, b"", activity)


@given(st.integers(1, 40).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_only_what_spoils_a_batch_is_refused_and_all_else_is_written_once(case: tuple[int, set[int]]) -> None:
    size, bad = case

    def spoil(activities: Sequence[Activity]) -> None:
        if bad & {int(one.key) for one in activities}:
            raise Permanent("One of these is wrong.")

    crm = FakeIntegration(script=spoil)
    sent = send(crm, [content(number) for number in range(size)])

    assert {call for call, answer in sent.answers.items() if isinstance(answer, Refused)} == bad
    assert {call for call, answer in sent.answers.items() if isinstance(answer, Written)} == set(range(size)) - bad
    assert {key: len(written) for key, written in crm.records.items()} == {
        str(number): 1 for number in range(size) if number not in bad
    }
    assert sent.trouble is None


def test_a_defect_of_ours_accuses_the_call_that_meets_it() -> None:
    def stumble(activities: Sequence[Activity]) -> None:
        if "2" in [one.key for one in activities]:
            raise ValueError("+14155550101 is not a number")

    sent = send(FakeIntegration(script=stumble), [content(number) for number in range(4)])

    refused = {call: answer for call, answer in sent.answers.items() if isinstance(answer, Refused)}
    assert list(refused) == [2]
    assert isinstance(refused[2].failure, Transient)
    assert "+1415" not in str(refused[2].failure)


def test_behind_an_outage_nothing_more_is_sent() -> None:
    def down(activities: Sequence[Activity]) -> None:
        raise Permanent("Wrong.") if len(activities) > 1 else Unanswered("No answer.")

    crm = FakeIntegration(script=down)
    sent = send(crm, [content(number) for number in range(8)])

    assert sent.answers == {}
    assert isinstance(sent.trouble, Unanswered)
    assert [len(batch) for batch in crm.batches] == [8, 4, 2, 1]


@given(st.text(alphabet="ab \n", max_size=60), st.integers(3, 40))
def test_a_text_is_cut_to_its_bound_and_kept_whole_within(text: str, most: int) -> None:
    cut = shortened(text, most)

    assert len(cut) <= most
    assert cut == text or (cut.endswith("\n…") and text.startswith(cut.removesuffix("\n…")))


def test_who_speaks_for_minutes_is_not_cut_away_whole() -> None:
    assert len(shortened("rep: Hi\nprospect: " + "word " * 2_000, 4_000)) > 3_900
