"""The folder of orgs: which there are, what each is made of, durable on disk.

Belongs here: creating, finding and reopening orgs, with a running server looking on.
Does not: what an org answers (`sandbox.salesforce.org`), the records of a loaded one (`sandbox.salesforce.export`).

`orgs/<name>/org.json` says what an org is made of and is written last, so that an org is there whole or not at all.
"""

import json
import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.salesforce import durable
from sandbox.salesforce.export.load import load
from sandbox.salesforce.export.table import loaded_tables
from sandbox.salesforce.generated.table import generated_tables
from sandbox.salesforce.org import Org
from sandbox.salesforce.table_org import TableOrg

DEFAULT_SKEW = timedelta(minutes=7)
"""How far an org's clock is behind the machine's, unless it is made otherwise: unkind by default."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MOST_ACCOUNTS = 40_000_000
_RECORDS = "records.sqlite"
_DEFINITION = "org.json"

_Version = tuple[int, ...]


class Orgs:
    """Every org below `state/orgs/<name>/`. What another process creates is seen at the next call."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "orgs"
        self._open: dict[str, tuple[_Version, Org]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names of all orgs, sorted."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{_DEFINITION}"))

    def get(self, name: str) -> Org:
        """Return an org, the same object until its folder changes.

        Raises:
            KeyError: There is no such org.
        """
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        folder = self._folder / name
        with self._lock:
            try:
                version = _version(folder)
                known = self._open.get(name)
                if known is None or known[0] != version:
                    known = self._open[name] = (version, _open(folder))
            except FileNotFoundError:
                raise KeyError(name) from None
        return known[1]

    def create_generated(self, name: str, accounts: int, seed: int, skew: timedelta = DEFAULT_SKEW) -> Org:
        """Make an org whose records are a pure function of `seed`, objects in proportion to accounts.

        Making the same org again returns it.

        Raises:
            ValueError: The name cannot be a host name, accounts is out of range, or another org has the name.
        """
        if not 1 <= accounts <= _MOST_ACCOUNTS:
            raise ValueError(f"{accounts} accounts: choose between 1 and {_MOST_ACCOUNTS:,}")
        definition = {"kind": "generated", "accounts": accounts, "seed": seed, "skew_seconds": skew.total_seconds()}
        self._define(name, definition)
        return self.get(name)

    def load_export(self, name: str, folder: Path, skew: timedelta = DEFAULT_SKEW) -> Org:
        """Make an org from a Salesforce Data Export, replacing a loaded org of that name whole.

        Raises:
            ValueError: The folder or a file in it cannot be loaded; the sentence names file and line.
        """
        own = self._own_folder(name)
        existing = _definition(own)
        if existing is not None and existing["kind"] != "loaded":
            raise ValueError(f"org {name} exists and is generated: choose another name, or delete {own}")
        load(folder, own / _RECORDS)
        definition = {"kind": "loaded", "skew_seconds": skew.total_seconds()}
        durable.write_text(own / _DEFINITION, json.dumps(definition))
        return self.get(name)

    def _define(self, name: str, definition: dict[str, Any]) -> None:
        own = self._own_folder(name)
        existing = _definition(own)
        if existing is None:
            durable.write_text(own / _DEFINITION, json.dumps(definition))
        elif existing != definition:
            raise ValueError(f"org {name} exists and is another ({existing}): choose another name, or delete {own}")

    def _own_folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{name}' cannot be a host name: use up to 63 of a-z, 0-9 and hyphens inside")
        own = self._folder / name
        own.mkdir(parents=True, exist_ok=True)
        return own


def _definition(folder: Path) -> dict[str, Any] | None:
    try:
        text = (folder / _DEFINITION).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    definition: dict[str, Any] = json.loads(text)
    return definition


def _open(folder: Path) -> Org:
    definition = _definition(folder)
    if definition is None:
        raise FileNotFoundError(folder / _DEFINITION)
    skew = timedelta(seconds=definition["skew_seconds"])
    if definition["kind"] == "generated":
        return TableOrg(folder.name, generated_tables(definition["seed"], definition["accounts"]), skew)
    return TableOrg(folder.name, loaded_tables(folder / _RECORDS), skew)


def _version(folder: Path) -> _Version:
    """Return numbers that change whenever the org is made anew."""
    stats = [(folder / _DEFINITION).stat()]
    records = folder / _RECORDS
    stats += [records.stat()] if records.exists() else []
    return tuple(number for stat in stats for number in (stat.st_ino, stat.st_mtime_ns))
