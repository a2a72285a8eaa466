"""`signals/leadership_hires`: who came to lead an account."""

from datetime import date, timedelta

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Signal


class Hire(BaseModel):
    """Somebody who joined the company to lead."""

    person: str = Field(description="The name, as the page writes it.")
    title: str = Field(description="The role taken up, such as Chief Revenue Officer.")
    seniority: str | None = Field(description="c_level, vp, head or director; null if the title does not tell.")
    start_date: date | None = Field(description="When the role was or will be taken up; null if the page does not say.")
    previous_company: str | None = Field(description="Where the person came from; null if the page does not say.")


LEADERSHIP_HIRES = Signal(
    name="leadership_hires",
    about="People who lately joined an account to lead: chiefs, vice presidents, heads, directors.",
    question="Who was hired into a leadership role of the company? Leave out people who left, and hires of other "
    "companies.",
    finding=Hire,
    stated=("person",),
    documents=(Kind.HOME, Kind.ABOUT, Kind.NEWS, Kind.BLOG, Kind.ARTICLE),
    time_to_live=timedelta(days=14),
    not_found_time_to_live=timedelta(days=7),
)
