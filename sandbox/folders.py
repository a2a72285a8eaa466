"""Folders of worlds: one sub-folder each, there as soon as the file in it that says what it is made of.

Belongs here: names, definitions, and that a name keeps its definition. Does not: what a definition means.
"""

import json
import re
from pathlib import Path
from typing import Any

from sandbox import durable

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

Definition = dict[str, Any]
"""What a world is made of, as JSON."""

Version = tuple[int, ...]


class Folders:
    """The worlds of one kind, such as `org`, each defined by `<name>/<kind>.json`."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind

    def names(self) -> list[str]:
        """Names of all worlds, sorted."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{self._kind}.json"))

    def folder(self, name: str) -> Path:
        """Return the folder of a world.

        Raises:
            KeyError: No world can have such a name.
        """
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        return self._folder / name

    def file(self, name: str) -> Path:
        """Return the file that says what a world is made of.

        Raises:
            KeyError: No world can have such a name.
        """
        return self.folder(name) / f"{self._kind}.json"

    def definition(self, name: str) -> Definition:
        """Return what a world is made of.

        Raises:
            KeyError: There is no such world.
        """
        try:
            text = self.file(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise KeyError(name) from None
        definition: Definition = json.loads(text)
        return definition

    def version(self, name: str, *beside: str) -> Version:
        """Return numbers that change whenever a world is defined anew, or a file beside it is.

        Raises:
            KeyError: There is no such world.
        """
        own = self.file(name)
        try:
            stats = [own.stat()]
        except FileNotFoundError:
            raise KeyError(name) from None
        stats += [path.stat() for path in map(own.with_name, beside) if path.exists()]
        return tuple(number for stat in stats for number in (stat.st_ino, stat.st_mtime_ns))

    def prepared(self, name: str) -> Path:
        """Return the folder of a world that is to be made.

        Raises:
            ValueError: The name cannot be a host name.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{name}' cannot be a host name: use up to 63 of a-z, 0-9 and hyphens inside")
        own = self.folder(name)
        own.mkdir(parents=True, exist_ok=True)
        return own

    def existing(self, name: str) -> Definition | None:
        """Return what a world is made of, None if there is none yet."""
        return self.definition(name) if self.file(name).exists() else None

    def define(self, name: str, definition: Definition) -> None:
        """Say what a world is made of; the same again is fine.

        Raises:
            ValueError: The name cannot be a host name, or the world exists and is another.
        """
        own = self.prepared(name)
        existing = self.existing(name)
        if existing is None:
            self.write(name, definition)
        elif existing != definition:
            kind = self._kind
            raise ValueError(f"{kind} {name} exists and is another ({existing}): choose another name, or delete {own}")

    def write(self, name: str, definition: Definition) -> None:
        """Say what a world is made of, whatever it was."""
        durable.write_text(self.file(name), json.dumps(definition))
