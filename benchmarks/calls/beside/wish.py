"""How much is wanted beside the calls, and the orgs and settings that it takes.

Belongs here: sizes and names. Does not: making any of it (`beside.ready`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.crms import CONTACTS_PER_ACCOUNT

HISTORY, BOOK = "history", "book"
ACCOUNTS_OF_A_CUSTOMER = 30
"""Some 300 records; a sync of so many takes what one of any size does that finds little new."""
SHARED = {"NOOKS_LLM_REQUESTS_IN_FLIGHT": "96", "NOOKS_LLM_LIVE_REQUESTS": "32"}
"""The platform's own bound, where calls alone have one that is out of their way."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside the calls.

    Attributes:
        history: Contacts of an org that is read for the first time.
        syncs: Workspaces that are synced again and again, each by a connection to an org of its own that lives.
        cadence_minutes: How often; in production it is 15.
        accounts: That signals are asked about for the first time.
    """

    history: int = 0
    syncs: int = 0
    cadence_minutes: int = 1
    accounts: int = 0

    def __bool__(self) -> bool:
        return bool(self.history or self.syncs or self.accounts)

    @property
    def customers(self) -> list[str]:
        """Return the names of the workspaces that are synced, as `benchmarks.cadence` asks for them."""
        return [f"customer-{number:03d}" for number in range(self.syncs)]

    def world(self) -> list[str]:
        """Return the sandbox's options for the orgs."""
        sizes = dict.fromkeys(self.customers, ACCOUNTS_OF_A_CUSTOMER)
        if self.history:
            sizes[HISTORY] = -(-self.history // CONTACTS_PER_ACCOUNT)
        return [word for name, accounts in sizes.items() for word in ("--org", f"{name}={accounts}")]

    def settings(self) -> Mapping[str, str]:
        """Return more variables of all processes."""
        return SHARED if self.accounts else {}

    def told(self) -> str:
        """Return it in words, for a title; empty for nothing."""
        words = {
            f"a history of {self.history:,}": self.history,
            f"{self.syncs} syncs": self.syncs,
            f"signals of {self.accounts:,} accounts": self.accounts,
        }
        wanted = [name for name, many in words.items() if many]
        return f", beside {', '.join(wanted)}" if wanted else ""
