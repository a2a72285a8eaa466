"""A town of company sites for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.research.runs import Platform
from tests.research.things import connect, platform
from tests.research.town import Town
from tests.research.town import town as served


@pytest.fixture
def town() -> Iterator[Town]:
    with served() as built:
        yield built


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and addresses are the town's, whatever this machine's proxy is."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def on(db: Database, database_url: str, lake: Lake, tmp_path: Path, town: Town) -> Platform:
    """A platform whose world is the town, with the workspace acme connected."""
    connect(db, "acme")
    return platform(db, database_url, lake, tmp_path, town)
