"""The columns that only companies, deals and subscriptions have.

Belongs here: properties that depend on others of their row, and calculated ones. Does not: what a type describes.
"""

from collections.abc import Mapping

import pyarrow as pa

from sandbox.hubspot.generated.common import linked_companies
from sandbox.hubspot.generated.forms import numbers, ratio, rounded, whole
from sandbox.hubspot.generated.kinds import around, counts
from sandbox.hubspot.generated.stages import stage_columns
from sandbox.hubspot.generated.world import World
from sandbox.hubspot.schema.pipelines import STAGES
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import choices, drawn, joined, kept, pc
from sandbox.world.inhabitants import address, company_names, websites
from sandbox.world.makers import drawn_from, earlier_rows
from sandbox.world.names import PLACES

_DEALS = choices(
    ("New Business", "Renewal", "Upsell", "50 Seats", 'Pilot "Phase 1"', "Q4, extension", "Lizenz für 2026", "🚀")
)
_PLANS = ("Starter", "Growth", "Enterprise", 'Legacy "2019"', "Custom, EMEA", "None")

_STAGES = choices([stage.id for _, stage in STAGES["deals"]])
_PROBABILITIES = choices([stage.metadata["probability"] for _, stage in STAGES["deals"]])
_CLOSED = choices([stage.metadata["isClosed"] for _, stage in STAGES["deals"]])


def companies(_: World) -> Mapping[str, Column]:
    """Return the columns of companies."""
    return {
        "name": company_names("name"),
        "website": websites("name"),
        "domain": _site,
        "numberofemployees": counts("numberofemployees", 100_000, 3),
        "annualrevenue": counts("annualrevenue", 90_000, 3, each=10_000),
        **address("address", ("address", "city", "state", "zip", "country")),
        "address2": drawn_from("address2", [None, None, None, "Suite 400", "2nd floor", 'c/o "Hub"']),
        "founded_year": _founded,
        "hs_parent_company_id": earlier_rows("hs_parent_company_id", nulls=13),
        "revenue_per_employee": ratio("annualrevenue", "numberofemployees"),
    }


def deals(world: World) -> Mapping[str, Column]:
    """Return the columns of deals."""
    return {
        "dealname": _deal_name,
        **stage_columns("deals", "pipeline", "dealstage"),
        "closedate": around("closedate", 0, 365, nulls=1),
        "hs_primary_associated_company": linked_companies(world, "deals"),
        "seats": counts("seats", 500),
        "hs_deal_stage_probability": lambda batch: _of_stage(batch, _PROBABILITIES),
        "hs_is_closed": lambda batch: _of_stage(batch, _CLOSED),
        "hs_is_closed_won": _won,
        "hs_forecast_amount": _product("amount", "hs_deal_stage_probability"),
    }


def subscriptions(_: World) -> Mapping[str, Column]:
    """Return the columns of the custom object."""
    return {
        "plan_name": drawn_from("plan_name", _PLANS),
        "region": drawn_from("region", [place[4] for place in PLACES]),
        "seats": counts("seats", 2_000),
        "annual_price": lambda batch: rounded(pc.multiply(numbers(batch.column("monthly_price")), 12.0)),
    }


def _site(batch: Batch) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_lower(batch.column("website")), r"^https?://|^www\.|/$", "")


def _founded(batch: Batch) -> pa.Array:
    draws = batch.draws("founded_year")
    return kept(whole(1_890 + (draws >> 4) % 135), draws & 15 > 4)


def _deal_name(batch: Batch) -> pa.Array:
    return joined(company_names("dealname")(batch), " - ", drawn(_DEALS, batch.draws("dealname") >> 30))


def _of_stage(batch: Batch, values: pa.Array) -> pa.Array:
    return values.take(pc.index_in(batch.column("dealstage"), _STAGES))


def _won(batch: Batch) -> pa.Array:
    won = pc.equal(batch.column("hs_deal_stage_probability"), "1.0")
    return pc.if_else(won, "true", "false")


def _product(one: str, other: str) -> Column:
    return lambda batch: rounded(pc.multiply(numbers(batch.column(one)), numbers(batch.column(other))))
