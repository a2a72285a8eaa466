"""What the page of `research/documents` shows: how many sites and documents, what failed, and where.

Belongs here: from counts to metadata. Does not: counting in our tables (`nooks_dagster.research.reporting`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import psycopg

from assets.bounded import markdown
from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.reporting import PageCount, WorstSite, page_counts, stock, worst_sites
from nooks_dagster.research.shelf import Kept

SHOWN = 20


@dataclass(slots=True)
class Tally:
    """What the looks of one run add up to."""

    looks: int = 0
    new: int = 0
    unchanged: int = 0
    bytes: int = 0
    requests: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def add(self, kept: Kept) -> None:
        """Count a look."""
        self.looks += 1
        self.new += kept.new
        self.unchanged += kept.unchanged
        self.bytes += kept.bytes
        self.requests += kept.requests
        self.outcomes[kept.outcome] += 1

    def metadata(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {
            "sites_looked_at": self.looks,
            "documents_new": self.new,
            "documents_unchanged": self.unchanged,
            "sites_unreachable": self.outcomes[Outcome.UNREACHABLE],
            "sites_refused": self.outcomes[Outcome.REFUSED_BY_ROBOTS] + self.outcomes[Outcome.REFUSED],
            "requests": self.requests,
            "bytes": self.bytes,
        }


def observed(key: dg.AssetKey, workspace: str, tally: Tally) -> dg.AssetObservation:
    """Return how far a run is."""
    return dg.AssetObservation(key, partition=workspace, metadata=tally.metadata())


def materialized(
    key: dg.AssetKey, conn: psycopg.Connection[Any], workspace: str, tally: Tally
) -> dg.MaterializeResult[Any]:
    """Return what a run has done, and what there is now."""
    now, worst = stock(conn, workspace), worst_sites(conn, workspace, SHOWN)
    metadata: dict[str, Any] = {
        "sites": now.sites,
        "sites_waiting": now.waiting,
        "sites_unread": now.unread,
        "documents": now.documents,
        **tally.metadata(),
    }
    if counts := page_counts(conn, workspace):
        metadata["pages"] = dg.MetadataValue.md(markdown(_pages(counts), SHOWN, numbers=list(Outcome)))
    if worst:
        metadata["worst_sites"] = dg.MetadataValue.md(markdown([_site(one) for one in worst], SHOWN, ["in a row"]))
    return dg.MaterializeResult(asset_key=key, metadata=metadata)


def _pages(counts: Sequence[PageCount]) -> list[Mapping[str, str]]:
    """Return a line for each kind of page, with a column for each outcome that any of them had."""
    columns = sorted({one.outcome for one in counts}, key=[outcome.value for outcome in Outcome].index)
    found = {(one.kind, one.outcome): one.pages for one in counts}
    kinds = dict.fromkeys(one.kind for one in counts)
    return [{"kind": kind, **{name: f"{found.get((kind, name), 0):,}" for name in columns}} for kind in kinds]


def _site(one: WorstSite) -> Mapping[str, str]:
    return {
        "site": one.site,
        "outcome": one.outcome,
        "in a row": str(one.failures),
        "next look": f"{one.next_look_at:%Y-%m-%d}",
    }
