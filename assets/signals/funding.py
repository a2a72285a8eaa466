"""`signals/funding`: what an account raised."""

from datetime import date, timedelta

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Signal


class Round(BaseModel):
    """A round of funding of the company."""

    round: str | None = Field(description="Such as Seed or Series B; null if the page does not say.")
    amount: float | None = Field(description="In whole units of the currency; null if the page does not say.")
    currency: str | None = Field(description="ISO 4217, such as USD; null without an amount.")
    announced_on: date | None = Field(description="The day of the announcement; null if the page does not say.")
    lead_investor: str | None = Field(description="Who led the round; null if the page does not say.")


FUNDING = Signal(
    name="funding",
    about="Rounds of funding that an account announced.",
    question="Which rounds of funding has the company raised? Leave out rounds of its customers, partners and "
    "competitors, and rumours.",
    finding=Round,
    stated=("amount", "lead_investor"),
    documents=(Kind.HOME, Kind.NEWS, Kind.ABOUT, Kind.BLOG, Kind.ARTICLE),
    time_to_live=timedelta(days=7),
    not_found_time_to_live=timedelta(days=7),
)
