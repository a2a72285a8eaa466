"""Who owns records: users of the account, whose own ids are others, some of them gone.

Belongs here: owners, and their ids as columns. Does not: who may log in.
"""

from functools import cached_property

import pyarrow as pa

from sandbox.hubspot.model import Owner
from sandbox.world.hashing import Ints, mix
from sandbox.world.names import FIRST_NAMES, FULL_NAMES, LAST_NAMES, SLUGS
from sandbox.world.timeline import BEGIN, DAY

_PER_ACCOUNT, _FEWEST = 0.01, 5
_TEAMS = ((2_881, "SDR"), (2_882, "Account Executives, EMEA"), (2_895, 'Team "North"'))


class Owners:
    """The owners 0..count-1 of an account, one in 7 of them archived."""

    def __init__(self, seed: int, accounts: int) -> None:
        self.count = max(int(accounts * _PER_ACCOUNT), _FEWEST)
        self._key = mix(seed + 7)
        self._first = 41_000_000 + self._key % 9_000_000

    def texts(self, draws: Ints) -> pa.Array:
        """Return an owner's id as a text for each draw."""
        return pa.array(self._first + draws % self.count * 731).cast(pa.string())

    def users(self, draws: Ints) -> pa.Array:
        """Return a user's id as a text for each draw."""
        return pa.array(self._user(0) + draws % self.count * 53).cast(pa.string())

    @cached_property
    def all(self) -> tuple[Owner, ...]:
        """Every owner, ascending by id."""
        return tuple(self._owner(number) for number in range(self.count))

    def _owner(self, number: int) -> Owner:
        person = mix(self._key + number) % len(FULL_NAMES)
        archived = number % 7 == 3
        created = BEGIN * 1_000 + number * 86_399_123 % (DAY * 1_000 * 900)
        return Owner(
            id=self._first + number * 731,
            email=f"{SLUGS[person]}{number}@users.example",
            first_name=FIRST_NAMES[person % len(FIRST_NAMES)],
            last_name=LAST_NAMES[person // len(FIRST_NAMES)],
            user_id=None if archived else self._user(number),
            created=created,
            updated=created + number % 5 * DAY * 1_000,
            archived=archived,
            teams=tuple((team, name, place == 0) for place, (team, name) in enumerate(_TEAMS[: number % 3])),
        )

    def _user(self, number: int) -> int:
        return 9_000_000 + self._key % 999_983 + number * 53
