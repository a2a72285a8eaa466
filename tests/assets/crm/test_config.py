"""What may be asked of a sync in the Launchpad, and what is refused."""

from typing import Any

import pytest

from assets.crm.config import CrmSyncConfig
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.failures import Permanent

ALL = set(OBJECTS)


@pytest.mark.parametrize(
    ("config", "request_"),
    [
        ({}, Request()),
        ({"refresh": True}, Request(WindowKind.REFRESH)),
        ({"rebuild_from_lake": True, "objects": ["leads"]}, Request(WindowKind.REBUILD, ("leads",))),
        ({"objects": ["leads", "accounts"]}, Request(objects=("accounts", "leads"))),
        ({"since": "2026-01-31"}, Request(WindowKind.REREAD, since="2026-01-31T00:00:00+00:00")),
        (
            {"since": "2026-01-31T09:00:00+01:00", "until": "2026-01-31T08:30:00Z"},
            Request(WindowKind.REREAD, (), "2026-01-31T09:00:00+01:00", "2026-01-31T08:30:00+00:00"),
        ),
    ],
)
def test_a_question_becomes_a_request(config: dict[str, Any], request_: Request) -> None:
    assert CrmSyncConfig(**config).request(ALL) == request_


def test_a_sweep_is_of_depths_in_their_order_and_a_confirmation_is_one_of_none() -> None:
    swept = CrmSyncConfig(sweep=["associations", "ids"]).request({"leads"})
    assert swept == Request(WindowKind.SWEEP, ("leads",), sweep=("ids", "associations"))
    confirmed = CrmSyncConfig(confirm_deletions=True).request({"leads"})
    assert confirmed == Request(WindowKind.SWEEP, ("leads",), confirmed=True)


def test_a_selection_of_assets_is_a_request_for_their_objects() -> None:
    assert CrmSyncConfig().request({"leads"}) == Request(objects=("leads",))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"objects": ["invoices"]}, "There is no object invoices. Choose of accounts, activities, contacts,"),
        ({"since": "yesterday"}, "'since' is no time: 'yesterday'. Write it as 2026-01-31"),
        ({"since": "2026-01-01", "until": "31.1.2026"}, "'until' is no time: '31.1.2026'."),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "'since' (2026-01-02 00:00:00) is not before 'until'"),
        ({"until": "2026-01-01"}, "'until' is given without 'since'."),
        ({"rebuild_from_lake": True, "refresh": True}, "'rebuild_from_lake' is one wish, 'refresh' another."),
        ({"rebuild_from_lake": True, "since": "2026-01-01"}, "'rebuild_from_lake' is one wish, 'since' another."),
        ({"since": "2026-01-01", "refresh": True}, "'refresh' is one wish, 'since' another."),
        ({"sweep": ["ids"], "confirm_deletions": True}, "'sweep' is one wish, 'confirm_deletions' another."),
        ({"sweep": ["names"]}, "There is no sweep of names. Choose of ids, calculated, associations."),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(config: dict[str, Any], says: str) -> None:
    with pytest.raises(Permanent) as refused:
        CrmSyncConfig(**config).request(ALL)
    assert str(refused.value).startswith(says)


def test_an_object_that_is_not_among_the_selected_assets_is_refused_instead_of_reading_all() -> None:
    with pytest.raises(Permanent, match="Select their assets too, or choose of accounts"):
        CrmSyncConfig(objects=["contacts"]).request({"accounts"})
