"""What the platform must know of a kind of CRM before it can speak to an org of it.

Belongs here: the shape of that knowledge. Does not: the list of kinds (`crm.connectors`), any CRM's own facts
(its folder's `kind`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.throttle import Throttle

Opener = Callable[[str, Mapping[str, str], Throttle], Connector]
"""Makes a connector of a connection's id, its credentials (secret and config as one) and a throttle."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found behind credentials that work.

    `objects` are the source objects that will be synced, each with its canonical object; `rows` is about how
    many each has, where known; `missing` are canonical objects that cannot be read, each with a sentence why;
    `account` is what the org calls itself, `calls` what the look has cost.
    """

    account: str
    objects: Mapping[str, str]
    rows: Mapping[str, int]
    missing: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of CRM.

    Attributes:
        name: As connections spell it, "salesforce".
        title: As people do.
        variables: The environment variables that may hold credentials, and the key of each in a secret.
        public: Keys that are no secret and are kept with the connection.
        check: Raises `Permanent` when credentials cannot be whole; sends nothing.
        open: Makes a connector; costs nothing.
        inspect: Logs in and looks around.
        belongs_to_sandbox: Tells by their look whether credentials are the local sandbox's; None when they
            are of both kinds.
    """

    name: str
    title: str
    variables: Mapping[str, str]
    public: frozenset[str]
    check: Callable[[Mapping[str, str]], object]
    open: Opener
    inspect: Callable[[str, Mapping[str, str]], Inspection]
    belongs_to_sandbox: Callable[[Mapping[str, str]], bool | None]
