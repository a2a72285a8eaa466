"""A program that asks about a workspace until nothing is open; see `tests.programs`.

The editions of a site's page differ in a word, so that processes of different ones ask with different input hashes.
"""

import sys
from pathlib import Path

from assets.signals.tech_stack import TECH_STACK
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.local import deadline
from nooks_dagster.research.documents import Dossier
from nooks_dagster.settings import Settings
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun
from tests.sandbox.openai_http.prompts import SNOWFLAKE, said
from tests.signals.things import Shelf, document, dossier
from tests.sql import rows

WORKERS = 6


class Edition(Shelf):
    """Pages that say the same in an edition of their own."""

    def __init__(self, edition: str) -> None:
        super().__init__()
        self._edition = edition

    def usual(self, site: str) -> Dossier:
        return dossier(document(site, f"This is edition {self._edition}.\n{said(SNOWFLAKE)}"))


def main(url: str, bucket: str, home: str, workspace: str, edition: str) -> None:
    settings = Settings(
        postgres_url=url,
        home=Path(home),
        sandbox=True,
        lease_seconds=1,
        silence_seconds=5,
        patience_seconds=2,
        signals_workers=WORKERS,
        llm_requests_in_flight=32,
        llm_live_requests=0,
        llm_timeout_seconds=20,
    )
    db = Database(url, size=4)
    platform = Platform(db, Lake(bucket, scratch=settings.scratch), settings, Door(db, settings), Edition(edition))
    for turn in deadline.polls(150):
        try:
            list(WorkspaceSignals(platform, SignalsRun(workspace, f"{workspace}-{edition}-{turn}"), [TECH_STACK]).run())
        except Failure:
            continue  # as the dispatcher would
        if rows(db, "select count(*) from signals.asked where workspace = %s and open", workspace) == [(0,)]:
            return
    sys.exit(1)
