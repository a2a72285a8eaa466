"""Tables and sentences of any length fit."""

import json

from hypothesis import given
from hypothesis import strategies as st

from assets.bounded import FAILURE_BYTES, TABLE_BYTES, markdown, sentences


@given(st.lists(st.text(max_size=400), min_size=1, max_size=60))
def test_no_table_outgrows_its_bound_and_each_row_is_shown_or_counted(cells: list[str]) -> None:
    rows = [{"source": "Account", "reason": cell} for cell in cells]
    text = markdown(rows, most=30)
    shown = text.count("| Account |")
    assert len(json.dumps(text)) < TABLE_BYTES + 100
    assert shown <= 30
    assert (f"… and {len(rows) - shown} more." in text) == (shown < len(rows))


@given(st.lists(st.text(min_size=1, max_size=2000), min_size=1, max_size=20))
def test_no_failure_outgrows_its_bound_and_each_sentence_is_told_or_counted(texts: list[str]) -> None:
    assert len(json.dumps(sentences(texts))) < FAILURE_BYTES + 50


def test_a_sentence_that_fits_is_told_as_it_is() -> None:
    assert sentences(["one", "two"]) == "one; two"
    assert sentences(["one", "x" * 800, "three"]) == "one; and 2 more"


def test_a_cell_with_a_line_break_or_a_bar_stays_one_cell() -> None:
    assert markdown([{"reason": "a|b\nc"}], most=1).splitlines()[-1] == "| a\\|b c |"
