"""What must hold of the documents of all workspaces, read from our own tables.

Belongs here: which checks there are, and what they find. Does not: how they judge (`assets.judging`).
"""

from collections.abc import Iterator

from assets.crm.specs import OWNERS
from assets.judging import WARN, WHAT, BaseEvidence, Check, Finding, health_of, judge
from assets.research.documents import KEY
from nooks_dagster.research.reporting import unread_shares

SHARE = 0.3
"""Of the sites of a workspace may be unread: CRMs hold names of companies that are long gone."""
FEWEST = 20
"""Sites looked at before a share says anything."""

health = health_of("research", "web sites", OWNERS)


class Evidence(BaseEvidence):
    """What is known of the web sites of all workspaces."""

    def unread(self) -> Iterator[Finding]:
        """Yield workspaces of whose sites too many could not be read."""
        for one in unread_shares(self.conn, SHARE, FEWEST):
            what = f"Most are {one.mostly}. If that goes for all workspaces, see whether this machine reaches the web."
            share = f"{one.unread:,} of {one.sites:,}"
            yield Finding(None, {"workspace": one.workspace, "sites unread": share, WHAT: what})


CHECKS = (Check("sites_are_read", "Of no workspace many sites could not be read.", [KEY], Evidence.unread, WARN),)

research_checks = judge("research_checks", CHECKS, health.key, Evidence)
