"""What calls stand on.

Belongs here: one value that every run of calls is given. Does not: making it (`calls.wiring`, the resources).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nooks_dagster.calls.model import Stage, StageWork
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.asking import Seller
from nooks_dagster.settings import Settings


@dataclass(frozen=True, slots=True)
class Platform:
    """What calls stand on; `works` are the stages that this release knows."""

    db: Database
    lake: Lake
    settings: Settings
    seller: Seller
    works: Mapping[Stage, StageWork] = field(default_factory=dict)
