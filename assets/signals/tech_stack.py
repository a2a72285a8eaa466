"""`signals/tech_stack`: which products an account works with."""

from datetime import timedelta

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Signal


class Technology(BaseModel):
    """A product that the company uses itself."""

    vendor: str | None = Field(description="Who makes it, such as Salesforce; null if you do not know.")
    product: str = Field(description="Its name as the page writes it, such as Sales Cloud.")
    category: str | None = Field(description="What it is for, such as CRM; null if the page does not say.")


TECH_STACK = Signal(
    name="tech_stack",
    about="Products that an account works with, as its own pages tell: job posts, blog, press.",
    question="Which technology products does the company use today? Leave out what it makes, sells or integrates "
    "with, what it no longer uses, and what its customers use.",
    finding=Technology,
    stated=("product",),
    documents=(Kind.HOME, Kind.ABOUT, Kind.CAREERS, Kind.BLOG, Kind.NEWS, Kind.ARTICLE),
    time_to_live=timedelta(days=30),
    not_found_time_to_live=timedelta(days=14),
)
