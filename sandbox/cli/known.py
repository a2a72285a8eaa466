"""What is to be known of an org's or a portal's accounts from their web sites: `truth signals`, `truth investors`.

Belongs here: which accounts there are, and what their CRM says their site is. Does not: sites (`sandbox.sites.truth`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.cli.options import refuse
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.truth import lines
from sandbox.salesforce.org import Org
from sandbox.sites.changes import SiteShelf
from sandbox.sites.truth import SIGNALS, expected, own_investors

Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a CRM.

    Args:
        name: Of the org or the portal.
        sites: Yields the ids of those that are not deleted, each with what the CRM says its web site is.
    """

    name: str
    sites: Callable[[], Iterator[tuple[str, str | None]]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        state: The state folder.
        signals: Which; without any, all.
        investors: Of the workspace itself; without any, those that follow from its name.
    """

    state: Path
    signals: Sequence[str]
    investors: Sequence[str]


def accounts_of_org(org: Org) -> Accounts:
    """Return the accounts of an org."""
    rows = (row for row in org.truth("Account") if not row["IsDeleted"])
    return Accounts(org.name, lambda: ((str(row["Id"]), _text(row.get("Website"))) for row in rows))


def accounts_of_portal(portal: Portal) -> Accounts:
    """Return the companies of a portal, which are its accounts."""
    rows = (row for row in lines(portal, portal.type("companies")) if not row.get("archived", True))
    return Accounts(portal.name, lambda: ((str(row["id"]), _site(row["properties"])) for row in rows))


def investors(question: Question, accounts: Accounts) -> Rows:
    """Yield the investors that the workspace has itself."""
    return ({"investor": name} for name in question.investors or own_investors(accounts.name))


def signals(question: Question, accounts: Accounts) -> Rows:
    """Yield what is to be known of each account.

    Raises:
        Exit: There is no such signal.
    """
    unknown = set(question.signals).difference(SIGNALS)
    if unknown:
        refuse(f"There is no signal {', '.join(sorted(unknown))}. There are: {', '.join(SIGNALS)}.")
    shelf, own = SiteShelf(question.state), question.investors or own_investors(accounts.name)
    for account, field in accounts.sites():
        for row in expected(shelf, field, question.signals or SIGNALS, own):
            yield {"account": account, **row}


KNOWN: Mapping[str, Callable[[Question, Accounts], Rows]] = {"signals": signals, "investors": investors}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _site(properties: Mapping[str, str | None]) -> str | None:
    return properties.get("domain") or properties.get("website")
