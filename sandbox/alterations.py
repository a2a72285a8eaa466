"""What was done to an org or a portal since it was made: a durable file in its folder, in order.

Belongs here: keeping it. Does not: which alterations a vendor has (`sandbox.salesforce.alterations`,
`sandbox.hubspot.alterations`), carrying them out.
"""

from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sandbox import durable
from sandbox.faults.wishes import read_wish

FILE = "alterations.json"


class Alteration(BaseModel):
    """What all alterations have in common; each has a `kind` of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Kind(Protocol):
    @property
    def kind(self) -> str: ...


_Any = TypeVar("_Any", bound=_Kind)


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
