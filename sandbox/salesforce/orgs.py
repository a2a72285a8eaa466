"""The folder of orgs: which there are, what each is made of, durable on disk.

Belongs here: creating, finding and reopening orgs, with a running server looking on.
Does not: what an org answers (`sandbox.salesforce.org`).
"""

from datetime import timedelta
from pathlib import Path

from sandbox.salesforce.org import Org


class Orgs:
    """Every org below `state/orgs/<name>/`. What another process creates is seen at the next call."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "orgs"

    def names(self) -> list[str]:
        """Names of all orgs, sorted."""
        raise NotImplementedError

    def get(self, name: str) -> Org:
        """Return an org, the same object until its folder changes.

        Raises:
            KeyError: There is no such org.
        """
        raise NotImplementedError

    def create_generated(
        self, name: str, accounts: int, seed: int, skew: timedelta = timedelta(minutes=7)
    ) -> Org:
        """Make an org whose records are a pure function of `seed`, objects in proportion to accounts.

        Making the same org again returns it.

        Raises:
            ValueError: The name cannot be a host name, accounts is out of range, or another org has the name.
        """
        raise NotImplementedError

    def load_export(self, name: str, folder: Path, skew: timedelta = timedelta(minutes=7)) -> Org:
        """Make an org from a Salesforce Data Export, replacing a loaded org of that name whole.

        Raises:
            ValueError: The folder or a file in it cannot be loaded; the sentence names file and line.
        """
        raise NotImplementedError
