"""What calls stand on as a resource: database, lake, the door to models and the stages.

Belongs here: the wiring. Does not: any behaviour.
"""

import dagster as dg

from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.works import platform_of
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import settings
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class CallsResource(dg.ConfigurableResource[None]):
    """Gives assets what calls stand on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database, lake = self.postgres.database, self.lake.lake
        # Heartbeats go to the same database as the work, also where a test or a tool names another one.
        here = settings().model_copy(update={"postgres_url": self.postgres.url})
        return platform_of(database, lake, here, Door(database, here))
