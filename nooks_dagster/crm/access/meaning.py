"""What one thing that a CRM says means to us: the row of every CRM's table of refusals.

Belongs here: the row, and the sentence that many of them end with. Does not: the tables (`meanings` of each CRM).
"""

from dataclasses import dataclass
from datetime import timedelta

from nooks_dagster.failures import Failure, Transient

AGAIN = "The platform tries again."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one error code says: the class of failure, the sentence, and what a person should do.

    `wait` is how long until another try where the code knows it and the answer does not say.
    """

    kind: type[Failure]
    what: str
    next_step: str = ""
    wait: timedelta | None = None

    def failure(self, detail: str, subject: str, retry_in: timedelta | None = None) -> Failure:
        """Return the failure, its sentence followed by a detail that holds no values of records."""
        what = f"{self.what}{detail}"
        if issubclass(self.kind, Transient):
            return self.kind(what, subject=subject, next_step=self.next_step, retry_in=retry_in or self.wait)
        return self.kind(what, subject=subject, next_step=self.next_step)
