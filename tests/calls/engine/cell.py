"""The process that works on suspects, with scripted stages: `python -m tests.calls.engine.cell URL HOME`."""

import sys
from pathlib import Path
from typing import cast

from nooks_dagster.calls.pipeline.suspects import multiply, orphaned, work_alone
from nooks_dagster.calls.platform import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.asking import Seller
from nooks_dagster.settings import Settings
from tests.calls.engine.things import scripted


def main(url: str, home: str) -> None:
    db = Database(url, size=2)
    settings = Settings(postgres_url=url, home=Path(home))
    work_alone(Platform(db, cast(Lake, None), settings, cast(Seller, None), scripted(db)), orphaned())


if __name__ == "__main__":
    multiply(lambda: main(*sys.argv[1:]))
