"""What the platform must know of a kind of CRM before it can speak to an org of it.

Belongs here: the shape of that knowledge. Does not: the list of kinds (`crm.connectors`), any CRM's own facts
(its folder's `kind`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from nooks_dagster.crm.access.keys import Keys
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.activities import ActivityWriter, Constants, Readiness
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.rows.held import Held

Opener = Callable[[str, Keys, Throttle, Held], Connector]
"""Makes a connector of a connection's id, its keys, a throttle, and what we have."""
WriterOpener = Callable[[str, Keys, Throttle, Constants], ActivityWriter]
"""Makes a writer of a connection's id, its keys, a throttle, and what every activity holds beside the call."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in any span of that length; `of_account` if all connections to one account share them."""

    calls: int
    per: timedelta
    of_account: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found behind credentials that work.

    `objects` are the source objects that will be synced, each with its canonical object; `rows` is about how
    many each has, where known; `missing` are canonical objects that cannot be read, each with a sentence why;
    `account` is what the org calls itself, `calls` what the look has cost, `writing` whether calls can be logged.
    """

    account: str
    objects: Mapping[str, str]
    rows: Mapping[str, int]
    missing: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
    writing: Readiness = field(default_factory=Readiness)


@dataclass(frozen=True, slots=True)
class Question:
    """What a terminal asks for: a key of the credentials, in words that say what it looks like."""

    key: str
    words: str
    secret: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of CRM.

    Attributes:
        name: As connections spell it, "salesforce".
        title: As people do.
        variables: The environment variables that may hold credentials, and the key of each in a secret.
        public: Keys that are no secret and are kept with the connection.
        found: Where a person finds the credentials that `questions` ask for: "Setup, App Manager, …".
        questions: What a terminal asks for when there are no credentials: the one way in that is asked for is the
            one that works without a person's password.
        check: Raises `Permanent` when credentials cannot be whole; sends nothing.
        open: Makes a connector; costs nothing.
        write: Makes a writer of activities; costs nothing.
        inspect: Logs in and looks around, with a throttle, for a sync may be under way.
        belongs_to_sandbox: Tells by their look whether credentials are the local sandbox's; None when they
            are of both kinds.
        rates: The families of calls, and the rate of each before the source tells one.
        objects: Its standard objects, each with its canonical one.
        fields: Returns the field of each canonical column that an object of a name fills.
    """

    name: str
    title: str
    variables: Mapping[str, str]
    public: frozenset[str]
    found: str
    questions: Sequence[Question]
    check: Callable[[Mapping[str, str]], object]
    open: Opener
    write: WriterOpener
    inspect: Callable[[str, Keys, Throttle], Inspection]
    belongs_to_sandbox: Callable[[Mapping[str, str]], bool | None]
    rates: Mapping[str, Rate]
    objects: Mapping[str, str]
    fields: Callable[[str], Mapping[str, str]]
