"""What was done to an org or a portal since it was made: a durable file in its folder, in order.

Belongs here: keeping it, and asking for it by name. Does not: which alterations a vendor has
(`sandbox.salesforce.alterations`, `sandbox.hubspot.alterations`), carrying them out.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sandbox import durable
from sandbox.faults.wishes import read_wish
from sandbox.folders import Folders

FILE = "alterations.json"


class Alteration(BaseModel):
    """What all alterations have in common; each has a `kind` of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Kind(Protocol):
    @property
    def kind(self) -> str: ...


_Any = TypeVar("_Any", bound=_Kind)
_World = TypeVar("_World")


class Alterations(Generic[_Any]):
    """The alterations of a vendor's orgs or portals, each kept in a folder.

    Args:
        one: Reads one of them.
        many: Reads and writes all.
    """

    def __init__(self, one: TypeAdapter[_Any], many: TypeAdapter[list[_Any]]) -> None:
        self._one = one
        self._many = many

    def described(self, wish: Any) -> _Any:
        """Return the alteration that a JSON object describes.

        Raises:
            ValueError: It describes none.
        """
        return read_wish(self._one, wish, "the alteration")

    def read(self, folder: Path) -> list[_Any]:
        """Return what was done to the org or the portal in a folder."""
        path = folder / FILE
        return self._many.validate_json(path.read_bytes()) if path.exists() else []

    def add(self, folder: Path, alteration: _Any) -> list[_Any]:
        """Do one more, unless it is what was done last, and return all: who was killed does it again."""
        done = self.read(folder)
        return done if done[-1:] == [alteration] else self._write(folder, [*done, alteration])

    def take_back(self, folder: Path, kind: str | None) -> list[_Any]:
        """Take back all, or those of a kind, and return what is left."""
        return self._write(folder, [done for done in self.read(folder) if kind not in (None, done.kind)])

    def _write(self, folder: Path, alterations: list[_Any]) -> list[_Any]:
        durable.write_text(folder / FILE, self._many.dump_json(alterations).decode())
        return alterations


class AlterableWorlds(ABC, Generic[_World, _Any]):
    """The orgs or portals in a folder, and what was done to each.

    Args:
        folders: The folder.
        alterations: The alterations of the vendor.
        read: Returns the alteration that a JSON object describes, if it can be done to an org or a portal.
    """

    def __init__(self, folders: Folders, alterations: Alterations[_Any], read: Callable[[Any, _World], _Any]) -> None:
        self._folders = folders
        self._alterations = alterations
        self._read = read

    def names(self) -> list[str]:
        """Names of all, sorted."""
        return self._folders.names()

    @abstractmethod
    def get(self, name: str) -> _World:
        """Return one as it was altered.

        Raises:
            KeyError: There is none of that name.
        """

    def alterations(self, name: str) -> list[_Any]:
        """Return what was done to one since it was made.

        Raises:
            KeyError: There is none of that name.
        """
        return self._alterations.read(self._there(name))

    def alter(self, name: str, wish: Any) -> list[_Any]:
        """Do to one what a JSON object describes, and return all its alterations.

        Raises:
            KeyError: There is none of that name.
            ValueError: The object describes nothing that can be done to it.
        """
        return self._alterations.add(self._there(name), self._read(wish, self.get(name)))

    def restore(self, name: str, kind: str | None = None) -> list[_Any]:
        """Take back the alterations of one, all or those of a kind, and return what is left.

        Raises:
            KeyError: There is none of that name.
        """
        return self._alterations.take_back(self._there(name), kind)

    def _there(self, name: str) -> Path:
        self._folders.version(name)  # raises where there is none
        return self._folders.folder(name)
