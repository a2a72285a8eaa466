"""A column tells a person which field of which CRM fills it."""

import pytest

from nooks_dagster.crm import origins as module
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.connectors import KINDS
from nooks_dagster.crm.model import FieldType
from nooks_dagster.crm.origins import origins
from nooks_dagster.crm.promoted import Promoted


def test_each_crm_is_named_with_its_object_and_field() -> None:
    assert origins("accounts")["annual_revenue"] == (
        "Salesforce `Account.AnnualRevenue`; HubSpot `companies.annualrevenue`."
    )
    assert origins("custom_objects")["owner_id"].startswith("Salesforce `*.OwnerId`; ")


@pytest.mark.parametrize("canonical", sorted({name for kind in KINDS.values() for name in kind.objects.values()}))
def test_no_column_is_filled_by_nothing(canonical: str) -> None:
    assert [column.name for column in OBJECTS[canonical].columns if column.name not in origins(canonical)] == []


def test_a_promoted_object_names_the_fields_that_its_file_does(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"Subscription__c": {"plan": "Plan__c"}}
    promoted = Promoted("subscriptions", "What customers pay for.", {"plan": FieldType.TEXT}, fields)
    monkeypatch.setattr(module, "promoted_objects", lambda: (promoted,))
    assert origins("subscriptions") == {"plan": "`Subscription__c.Plan__c`."}
