"""A copy of the project to try the pages' instructions on, and the services that it talks to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from nooks_dagster.lake.store import Lake
from tests.docs.pages import PROJECT

PACKAGES = ("assets", "nooks_dagster", "resources", "schedules", "sensors")
FILES = ("pyproject.toml", "tests/test_definitions.py", "tests/snapshots/asset_graph.json")


@dataclass(frozen=True)
class Copy:
    """A copy of the project's code, and the environment of its processes."""

    folder: Path
    variables: Mapping[str, str]

    def add(self, file: str, text: str) -> Path:
        """Save a new file, in a new folder if need be; it must not exist."""
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def remove(self, file: str) -> None:
        """Remove a file."""
        (self.folder / file).unlink()

    def python(self, *arguments: str, **variables: str) -> str:
        """Run Python in a process of its own, the copy first on its path, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path, database_url: str, lake: Lake) -> Copy:
    """A copy of the project beside an empty bucket and a fresh database."""
    folder = tmp_path / "copy"
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / file, folder / file)
    home = tmp_path / "dagster"
    home.mkdir()
    variables = {
        "PYTHONPATH": str(folder),
        "NOOKS_POSTGRES_URL": database_url,
        "NOOKS_LAKE_BUCKET": lake.uri("").split("/")[2],
        "NOOKS_HOME": str(tmp_path / "home"),
        "DAGSTER_HOME": str(home),
    }
    return Copy(folder, variables)
