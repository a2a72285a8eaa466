"""`signals/news`: what happened at an account lately that a sales rep can open a talk with."""

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Signal

Event = Literal["product_launch", "partnership", "acquisition", "expansion", "award", "event", "restructuring", "other"]


class News(BaseModel):
    """One piece of news of the company."""

    type: Event = Field(description="What kind of news it is.")
    summary: str = Field(description="The sentence of the page that tells it, word for word.")
    published_on: date | None = Field(description="The day it was published; null if the page does not say.")


NEWS = Signal(
    name="news",
    about="What an account has announced lately: launches, partnerships, acquisitions, expansion, awards.",
    question="What has the company announced? Leave out hires, funding and news about other companies.",
    finding=News,
    stated=("summary",),
    documents=(Kind.NEWS, Kind.BLOG, Kind.ARTICLE),
    time_to_live=timedelta(days=1),
    not_found_time_to_live=timedelta(days=1),
)
