"""What signals stand on as a resource: database, lake, documents and the door to the model.

Belongs here: the wiring. Does not: any behaviour.
"""

import dagster as dg

from nooks_dagster.llm.door import Door
from nooks_dagster.research.library import Library
from nooks_dagster.signals.work import Platform
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class SignalsResource(dg.ConfigurableResource[None]):
    """Gives assets what signals stand on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database, lake, settings = self.postgres.database, self.lake.lake, self.postgres.settings
        return Platform(database, lake, settings, Door(database, settings), Library(database, lake))
