"""What a person may ask of a CRM sync in the Launchpad.

Belongs here: the questions, and how they meet the selected assets. Does not: what makes sense (`crm.sync.wishes`).
"""

from collections.abc import Collection
from collections.abc import Set as AbstractSet

import dagster as dg
from pydantic import Field

from nooks_dagster.crm.sync.wishes import wish
from nooks_dagster.crm.work import Request
from nooks_dagster.failures import Permanent


class CrmSyncConfig(dg.Config):
    """What to read. Empty: all that is due, which is always safe."""

    refresh: bool = Field(default=False, description="Read every record again.")
    since: str | None = Field(
        default=None, description="Read again what changed from here on (ISO 8601, source's clock)."
    )
    until: str | None = Field(default=None, description="… up to here; by default up to now.")
    rebuild_from_lake: bool = Field(
        default=False, description="Merge the raw rows in the lake again, without asking the CRM for anything."
    )
    sweep: list[str] = Field(
        default=[],
        description='Compare every row for what moves no stamp: ["ids", "calculated", "associations"], or some of it.',
    )
    confirm_deletions: bool = Field(
        default=False, description="Delete the rows that are gone from the CRM, however many a sweep has withheld."
    )
    objects: list[str] = Field(default=[], description='Only these, such as ["accounts"]; empty for all selected.')

    def request(self, selected: AbstractSet[str]) -> Request:
        """Return what is wanted of the selected objects.

        Raises:
            Permanent: It makes no sense; the message says why.
        """
        asked = self._wish(self.objects)
        wanted = {name for name in selected if asked.wants(name)}
        if not wanted:
            raise Permanent(
                f"None of the objects asked for ({', '.join(self.objects)}) is among the selected assets.",
                next_step=f"Select their assets too, or choose of {', '.join(sorted(selected))}.",
            )
        return self._wish(wanted)

    def _wish(self, objects: Collection[str]) -> Request:
        return wish(
            objects,
            refresh=self.refresh,
            since=self.since,
            until=self.until,
            rebuild_from_lake=self.rebuild_from_lake,
            sweep=self.sweep,
            confirm_deletions=self.confirm_deletions,
        )
