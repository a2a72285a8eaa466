"""What signals stand on as a resource: database, lake, documents and the door to the model.

Belongs here: the wiring. Does not: any behaviour.
"""

import dagster as dg

from nooks_dagster.llm.door import Door
from nooks_dagster.research.library import Library
from nooks_dagster.settings import settings
from nooks_dagster.signals.work import Platform
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class SignalsResource(dg.ConfigurableResource[None]):
    """Gives assets what signals stand on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database, lake = self.postgres.database, self.lake.lake
        # Heartbeats go to the same database as the work, also where a test or a tool names another one.
        here = settings().model_copy(update={"postgres_url": self.postgres.url})
        return Platform(database, lake, here, Door(database, here), Library(database, lake))
