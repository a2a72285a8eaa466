"""How a page that cannot be read is told about inside the web reader.

Belongs here: its exceptions. Does not: its outcomes (`research.documents`).
"""

from nooks_dagster.research.documents import Outcome


class NoPage(Exception):
    """There is nothing to read at a URL, and why; never leaves `research.web`."""

    def __init__(self, outcome: Outcome, why: str = "") -> None:
        super().__init__(why or outcome.value)
        self.outcome = outcome


class Garbled(NoPage):
    """A body came that is not what its headers say."""

    def __init__(self, why: str) -> None:
        super().__init__(Outcome.NOT_A_PAGE, why)
