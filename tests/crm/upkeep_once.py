"""A program that does the upkeep once, to be killed; see `tests.programs`.

The janitor keeps nothing, so it takes in its second sweep what it found in its first.
"""

from datetime import timedelta
from pathlib import Path

from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.upkeep.janitor import Janitor
from nooks_dagster.crm.upkeep.lake import Upkeep
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from tests.crm.fake_crm import FakeCrm


def main(url: str, bucket: str, home: str, crm_file: str) -> None:
    settings = Settings(postgres_url=url, home=Path(home), lease_seconds=2)
    crm = FakeCrm(Path(crm_file))
    db, lake = Database(url, size=4), Lake(bucket, scratch=settings.scratch)
    list(Upkeep(Platform(db, lake, settings, lambda _connection, _class: crm), "night").compact())
    for _ in range(2):
        list(Janitor(db, lake, timedelta()).sweep())
