"""What handlers share beside the portal that they answer for.

Belongs here: the parts that live as long as the process. Does not: making them (`app`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.faults.kinds import Item
from sandbox.faults.seen import Seen
from sandbox.hubspot.http.limits import Limits
from sandbox.hubspot.http.terms import Terms
from sandbox.hubspot.http.usage import Usage
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the interface.

    `hidden` are the types that the apps may not see. `item` says which fault, if any, befalls an item of a write.
    """

    terms: Terms
    usage: Usage
    limits: Limits
    store: Store
    hidden: frozenset[str]
    item: Callable[[Callable[[], Seen]], Item | None]
