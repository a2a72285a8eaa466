"""What calls stand on as a resource: database, lake, the door to models and the stages.

Belongs here: the wiring. Does not: any behaviour.
"""

import dagster as dg

from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.llm.door import Door
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class CallsResource(dg.ConfigurableResource[None]):
    """Gives assets what calls stand on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database, settings = self.postgres.database, self.postgres.settings
        return platform_of(database, self.lake.lake, settings, Door(database, settings))
