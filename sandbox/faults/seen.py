"""A call as the faults see it: whose, of which kind, about what.

Belongs here: what is known of any vendor's call. Does not: reading it off a request (the vendors), judging it (`rule`).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Seen:
    """A call. Texts are empty where there is nothing to say.

    Args:
        kind: As the counters name it.
        path: Of the address.
        text: Address, query and body, and what they stand for.
        org: Name of the Salesforce org that is called.
        portal: Name of the HubSpot portal that is called.
        project: Of whose OpenAI key it came with.
        objects: Objects that it is about, in lower case.
        token: That came with it.
        rows: Whether a `page` of a result is asked for, or rows are, by their ids (`named`).
        cursor: What the call goes on with, and what can expire.
        page_before: Under what the page before this one is remembered, if there was one.
    """

    kind: str
    path: str = ""
    text: str = ""
    org: str = ""
    portal: str = ""
    project: str = ""
    objects: frozenset[str] = frozenset()
    token: str = ""
    rows: Literal["", "page", "named"] = ""
    cursor: str = ""
    page_before: str = ""

    @property
    def account(self) -> str:
        """The name of org, portal or project; empty where none is known, as at a common host for logins."""
        return self.org or self.portal or self.project
