"""The columns that only Account, Opportunity and Territory_Plan__c have.

Belongs here: fields that depend on others of their row. Does not: fields that their type describes.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from sandbox.salesforce.generated.common import postal_address
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import choices, decimals, drawn, fixed, joined, pc
from sandbox.world.hashing import Ints
from sandbox.world.inhabitants import company_names, websites
from sandbox.world.makers import drawn_from, earlier_rows, references
from sandbox.world.names import PLACES
from sandbox.world.texts import pool
from sandbox.world.timeline import DAY, dates

_STAGES = (
    ("Prospecting", 10.0, "Pipeline"),
    ("Qualification", 20.0, "Pipeline"),
    ("Needs Analysis", 35.0, "Pipeline"),
    ("Proposal/Price Quote", 60.0, "BestCase"),
    ("Negotiation/Review", 80.0, "Forecast"),
    ("Closed Won", 100.0, "Closed"),
    ("Closed Lost", 0.0, "Omitted"),
)
_CLOSED = 5
"""Stages from this place on are closed; the first of them is won."""

_PROBABILITIES = pa.array([stage[1] for stage in _STAGES])

_DEALS = choices(
    ("New Business", "Renewal", "Upsell", "50 Seats", 'Pilot "Phase 1"', "Q4, extension", "Lizenz für 2026", "🚀")
)
_SEGMENTS = choices(("Small", "Large"))


def share(part: str, whole: str) -> Column:
    """Return the column of `part / whole` to the cent; null if either is missing or the whole is 0."""

    def make(batch: Batch) -> pa.Array:
        below = batch.column(whole).cast(pa.float64())
        return pc.round(pc.divide(batch.column(part), pc.if_else(pc.equal(below, 0.0), None, below)), 2)

    return make


def _stage(batch: Batch) -> Ints:
    return batch.draws("StageName") % len(_STAGES)


def _revenue(batch: Batch) -> pa.Array:
    draws = batch.draws("AnnualRevenue")
    return pa.array((draws >> 4) % 90_000 * 10_000.0, mask=draws & 15 < 3)


def _deal_name(batch: Batch) -> pa.Array:
    return joined(company_names("Name")(batch), " - ", drawn(_DEALS, batch.draws("Name") >> 30))


def _close_day(batch: Batch) -> Ints:
    return batch.created // DAY + batch.draws("CloseDate") % 365


def _fiscal_year(batch: Batch) -> pa.Array:
    years = _close_day(batch).astype("datetime64[D]").astype("datetime64[Y]")
    return pa.array(years.astype(np.int64) + 1_970)


def _expected(batch: Batch) -> pa.Array:
    return _percent_of(batch.column("Amount"), drawn(_PROBABILITIES, _stage(batch)))


def _gap(batch: Batch) -> pa.Array:
    return _percent_of(batch.column("Quota__c"), pc.subtract(100.0, batch.column("Attainment__c")))


def _percent_of(amount: pa.Array, percent: pa.Array) -> pa.Array:
    return pc.divide(pc.round(pc.multiply(amount, percent)), 100.0)


def _segment(batch: Batch) -> pa.Array:
    large = pc.fill_null(pc.greater(batch.column("Amount"), 500_000.0), False)
    return _SEGMENTS.take(large.cast(pa.int8()))


ACCOUNT: Mapping[str, Column] = {
    "Name": company_names("Name"),
    "Website": websites("Name"),
    "Site": drawn_from("Site", pool([place[1] for place in PLACES if place[1]], nulls=0.6, awkward=0.02)),
    "AccountNumber": lambda batch: fixed("0", decimals(batch.draws("AccountNumber"), 6)),
    "ParentId": earlier_rows("ParentId", nulls=13),
    "AnnualRevenue": _revenue,
    "Revenue_Per_Employee__c": share("AnnualRevenue", "NumberOfEmployees"),
    **postal_address("Billing"),
    **postal_address("Shipping"),
}

OPPORTUNITY: Mapping[str, Column] = {
    "AccountId": references("AccountId", "Account", nulls=1),
    "Name": _deal_name,
    "StageName": drawn_from("StageName", [stage[0] for stage in _STAGES]),
    "Probability": lambda batch: drawn(_PROBABILITIES, _stage(batch)),
    "ForecastCategory": drawn_from("StageName", [stage[2] for stage in _STAGES]),
    "IsClosed": lambda batch: pa.array(_stage(batch) >= _CLOSED),
    "IsWon": lambda batch: pa.array(_stage(batch) == _CLOSED),
    "CloseDate": lambda batch: dates(_close_day(batch)),
    "FiscalYear": _fiscal_year,
    "ExpectedRevenue": _expected,
    "Segment__c": _segment,
}

TERRITORY_PLAN: Mapping[str, Column] = {"Name": company_names("Name"), "Gap__c": _gap}
