"""`signals/shared_investors`: which of the workspace's own investors have invested in an account too."""

from datetime import timedelta

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Scope, Signal


class SharedInvestor(BaseModel):
    """An investor of both."""

    investor: str = Field(description="The name, as in the list of own investors.")
    round: str | None = Field(description="The account's round, such as Series B; null if the page does not say.")


SHARED_INVESTORS = Signal(
    name="shared_investors",
    about="Investors of an account that are also the workspace's own: a warm introduction.",
    question="Which investors of the company are also among the own investors that are given with the account? "
    "Leave out investors of other companies.",
    finding=SharedInvestor,
    stated=("investor",),
    documents=(Kind.ABOUT, Kind.NEWS, Kind.BLOG, Kind.HOME, Kind.ARTICLE),
    time_to_live=timedelta(days=30),
    not_found_time_to_live=timedelta(days=14),
    scope=Scope.WORKSPACE,
    own={"investor": "investors"},
)
