"""`signals/hiring`: which departments of an account grow."""

from datetime import timedelta

from pydantic import BaseModel, Field

from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.declaration import Signal


class Hiring(BaseModel):
    """A department with open roles."""

    department: str = Field(description="Such as Sales, Engineering or Customer Success.")
    open_roles: int | None = Field(description="How many roles are open there; null if the page does not say.")
    roles: list[str] = Field(description="Their titles, as the page writes them.")


HIRING = Signal(
    name="hiring",
    about="Departments of an account that have open roles, with how many and which.",
    question="For which departments is the company hiring now, how many roles are open, and which? Leave out roles "
    "that were filled.",
    finding=Hiring,
    stated=(),  # a German page says Vertrieb, its finding Sales
    documents=(Kind.CAREERS, Kind.HOME),
    time_to_live=timedelta(days=7),
    not_found_time_to_live=timedelta(days=7),
)
