"""The columns that only Account, Opportunity and Territory_Plan__c have.

Belongs here: fields that depend on others of their row. Does not: fields that their type describes.
"""

from collections.abc import Mapping

from sandbox.salesforce.generated.batch import Batch, Column
from sandbox.salesforce.generated.common import address, company_names, websites
from sandbox.salesforce.generated.kinds import drawn, earlier_rows, references
from sandbox.salesforce.org import JsonValue
from sandbox.world.names import PLACES
from sandbox.world.texts import pool
from sandbox.world.timeline import BEGIN, DAYS

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

_DEALS = (
    "New Business",
    "Renewal",
    "Upsell",
    "50 Seats",
    'Pilot "Phase 1"',
    "Q4, extension",
    "Lizenz für 2026",
    "🚀",
)


def share(part: str, whole: str) -> Column:
    """Return the column of `part / whole` to the cent; null if either is missing or the whole is 0."""
    return lambda batch: [
        round(above / below, 2) if isinstance(above, float) and isinstance(below, int) and below else None
        for above, below in zip(batch.column(part), batch.column(whole), strict=True)
    ]


def _stage(batch: Batch) -> list[int]:
    return [draw % len(_STAGES) for draw in batch.draws("StageName")]


def _revenue(batch: Batch) -> list[JsonValue]:
    return [float((draw >> 4) % 90_000 * 10_000) if draw & 15 > 2 else None for draw in batch.draws("AnnualRevenue")]


def _deal_name(batch: Batch) -> list[JsonValue]:
    names = company_names("Name")(batch)
    deals = [_DEALS[(draw >> 30) % len(_DEALS)] for draw in batch.draws("Name")]
    return [f"{name} - {deal}"[:120] for name, deal in zip(names, deals, strict=True)]


def _close_date(batch: Batch) -> list[JsonValue]:
    times = zip(batch.draws("CloseDate"), batch.created, strict=True)
    return [DAYS[(created - BEGIN) // 86_400 + draw % 365] for draw, created in times]


def _expected(batch: Batch) -> list[JsonValue]:
    columns = zip(batch.column("Amount"), _stage(batch), strict=True)
    return [round(amount * _STAGES[at][1]) / 100 if isinstance(amount, float) else None for amount, at in columns]


def _gap(batch: Batch) -> list[JsonValue]:
    columns = zip(batch.column("Quota__c"), batch.column("Attainment__c"), strict=True)
    return [
        round(quota * (100 - reached)) / 100 if isinstance(quota, float) and isinstance(reached, float) else None
        for quota, reached in columns
    ]


ACCOUNT: Mapping[str, Column] = {
    "Name": company_names("Name"),
    "Website": websites("Name"),
    "Site": drawn("Site", pool([place[1] for place in PLACES if place[1]], nulls=0.6, awkward=0.02)),
    "AccountNumber": lambda batch: [f"{draw % 1_000_000:07}" for draw in batch.draws("AccountNumber")],
    "ParentId": earlier_rows("ParentId", nulls=13),
    "AnnualRevenue": _revenue,
    "Revenue_Per_Employee__c": share("AnnualRevenue", "NumberOfEmployees"),
    **address("Billing"),
    **address("Shipping"),
}

OPPORTUNITY: Mapping[str, Column] = {
    "AccountId": references("AccountId", "Account", nulls=1),
    "Name": _deal_name,
    "StageName": lambda batch: [_STAGES[at][0] for at in _stage(batch)],
    "Probability": lambda batch: [_STAGES[at][1] for at in _stage(batch)],
    "ForecastCategory": lambda batch: [_STAGES[at][2] for at in _stage(batch)],
    "IsClosed": lambda batch: [at >= _CLOSED for at in _stage(batch)],
    "IsWon": lambda batch: [at == _CLOSED for at in _stage(batch)],
    "CloseDate": _close_date,
    "FiscalYear": lambda batch: [int(str(day)[:4]) for day in batch.column("CloseDate")],
    "ExpectedRevenue": _expected,
    "Segment__c": lambda batch: [
        "Large" if isinstance(amount, float) and amount > 500_000 else "Small" for amount in batch.column("Amount")
    ],
}

TERRITORY_PLAN: Mapping[str, Column] = {"Name": company_names("Name"), "Gap__c": _gap}
