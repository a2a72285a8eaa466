"""What a person may ask of a CRM sync in the Launchpad.

Belongs here: the questions, and refusing answers that make no sense before any work is planned.
"""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.failures import Permanent


class CrmSyncConfig(dg.Config):
    """What to read. Empty: all that is due, which is always safe."""

    refresh: bool = Field(default=False, description="Read every record again.")
    since: str | None = Field(
        default=None, description="Read again what changed from here on (ISO 8601, source's clock)."
    )
    until: str | None = Field(default=None, description="… up to here; by default up to now.")
    objects: list[str] = Field(default=[], description='Only these, such as ["accounts"]; empty for all selected.')

    def request(self, selected: AbstractSet[str]) -> Request:
        """Return what is wanted of the selected objects.

        Raises:
            Permanent: It makes no sense; the message says why.
        """
        objects = self._objects(selected)
        since, until = _moment("since", self.since), _moment("until", self.until)
        if since is None and until is None:
            return Request(WindowKind.REFRESH if self.refresh else WindowKind.INCREMENTAL, objects)
        if since is None:
            raise Permanent("'until' is given without 'since'.", next_step="Give both, or use refresh: true.")
        if self.refresh:
            raise Permanent("'refresh' reads everything, 'since' a part.", next_step="Leave one of them out.")
        if until is not None and since >= until:
            raise Permanent(f"'since' ({since:%Y-%m-%d %H:%M:%S}) is not before 'until' ({until:%Y-%m-%d %H:%M:%S}).")
        return Request(WindowKind.REREAD, objects, since.isoformat(), until.isoformat() if until else None)

    def _objects(self, selected: AbstractSet[str]) -> tuple[str, ...]:
        unknown = sorted(set(self.objects) - set(OBJECTS))
        if unknown:
            names = ", ".join(unknown)[:200]
            raise Permanent(f"There is no object {names}.", next_step=f"Choose of {', '.join(sorted(OBJECTS))}.")
        wanted = selected & set(self.objects) if self.objects else selected
        if not wanted:
            raise Permanent(
                f"None of the objects asked for ({', '.join(self.objects)}) is among the selected assets.",
                next_step=f"Select their assets too, or choose of {', '.join(sorted(selected))}.",
            )
        return () if wanted == set(OBJECTS) else tuple(sorted(wanted))


def _moment(name: str, text: str | None) -> datetime | None:
    """Read a time; one without an offset is UTC, as the CRMs' clocks are."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Permanent(
            f"'{name}' is no time: {text[:40]!r}.", next_step="Write it as 2026-01-31 or 2026-01-31T08:00:00+00:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
