"""Research as a resource: database, lake and who reads web sites, put together for a run.

Belongs here: the wiring. Does not: any behaviour. Another `Researcher` (a paid provider) takes its place here.
"""

import dagster as dg

from nooks_dagster.research.runs import Platform, web_researcher
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class ResearchResource(dg.ConfigurableResource[None]):
    """Gives assets what a look at web sites stands on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        settings = self.postgres.settings
        return Platform(self.postgres.database, self.lake.lake, settings, web_researcher(settings))
