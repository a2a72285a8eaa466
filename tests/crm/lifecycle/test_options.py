"""What a customer may choose for a connection."""

import pytest

from nooks_dagster.crm.lifecycle.options import OverlapPolicy, SyncOptions
from nooks_dagster.failures import Permanent


def test_who_chose_nothing_buffers_all_starts_and_reads_everything() -> None:
    chosen = SyncOptions.of({})
    assert (chosen.cadence_minutes, chosen.overlap) == (None, OverlapPolicy.BUFFER_ALL)
    assert chosen.only_objects == chosen.without_objects == chosen.only_fields == chosen.without_fields == ()


def test_what_was_chosen_comes_back_from_where_it_is_stored() -> None:
    chosen = SyncOptions(cadence_minutes=5, overlap=OverlapPolicy.SKIP, without_fields=("Contact.Birthdate",))
    assert SyncOptions.of(chosen.model_dump(mode="json", exclude_defaults=True)) == chosen


@pytest.mark.parametrize(
    ("stored", "name"),
    [({"cadence_minutes": 0}, "cadence_minutes"), ({"overlap": "maybe"}, "overlap"), ({"x": 1}, "x")],
)
def test_a_choice_that_makes_no_sense_is_refused_by_its_name(stored: dict[str, object], name: str) -> None:
    with pytest.raises(Permanent, match=f"'{name}'"):
        SyncOptions.of(stored)
