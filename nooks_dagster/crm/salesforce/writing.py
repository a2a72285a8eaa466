"""Logging calls in Salesforce: tasks by upsert, up to 200 a request.

Belongs here: which requests. Does not: the fields (`tasks`), one result (`saved`), what is sent again without one of
them (`resending`).
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nooks_dagster.crm.activities import Activity, Answer, Constants, Links, NotSetUp, Readiness, Refused, Written
from nooks_dagster.crm.model import Usage
from nooks_dagster.crm.salesforce.constants import typed
from nooks_dagster.crm.salesforce.meanings import NotAllowed
from nooks_dagster.crm.salesforce.org_rules import TooManyAtOnce
from nooks_dagster.crm.salesforce.resending import Attempt, Record
from nooks_dagster.crm.salesforce.saved import Saved, saved
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.tasks import KEY, TASK, TaskShape, left, task
from nooks_dagster.failures import Corrupt, Permanent

MOST = 200  # Salesforce's most
ROUNDS = 7  # without its subtype, another field, contact, account, owner, all of these; most batches take one
SENDS = 2  # a token may have died; whatever else happens, the caller's backlog waits better than a thread
LOOK_AGAIN = 3600.0  # seconds for which a describe is believed


class SalesforceWriter:
    """One org. See `nooks_dagster.crm.activities.ActivityWriter`.

    Args:
        session: The line to the org.
        subject: The connection, named in failures.
        constants: What every task holds beside the call, by field.
    """

    def __init__(self, session: Session, subject: str, constants: Constants | None = None) -> None:
        self.most = MOST
        self._session = session
        self._subject = subject
        self._constants = constants or {}
        self._lock = threading.Lock()
        self._shape: TaskShape | None = None
        self._looked = 0.0

    def look(self) -> Readiness:
        """Describe Task."""
        try:
            shape = TaskShape.of(self._described())
        except (TypeError, LookupError, ValueError):
            raise _senseless(self._subject) from None
        except Permanent as refused:
            return Readiness(ready=False, advice=f"{refused.what} {refused.next_step}")
        with self._lock:
            self._shape, self._looked, self.most = shape, time.monotonic(), MOST
        return shape.readiness

    def typed(self, chosen: Mapping[str, str]) -> Constants:
        """Check constants against the describe of Task."""
        described = self._described()
        try:
            fields = {str(field["name"]): field for field in described["fields"]}
        except (TypeError, LookupError):
            raise _senseless(self._subject) from None
        return {name: typed(name, text, fields.get(name), self._subject) for name, text in chosen.items()}

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Upsert tasks; one whose contact, account or owner is not accepted is sent again without it."""
        shape = self._known()
        tasks = [task(activity, shape, self._constants) for activity in activities]
        attempts = {at: Attempt(one) for at, one in enumerate(tasks)}
        found: dict[int, Saved] = {}
        sent: dict[int, Record] = {}
        for _ in range(ROUNDS):
            sent |= {at: one.record for at, one in attempts.items()}
            found |= dict(zip(attempts, self._send([sent[at] for at in attempts]), strict=True))
            again = {at: attempt.after(found[at]) for at, attempt in attempts.items()}
            attempts = {at: attempt for at, attempt in again.items() if attempt}
            if not attempts:
                break
        self._send_fewer(found)
        if any(one.failure and one.of_setup for one in found.values()):
            self._look_again()
        answers = {at: self._answer(found[at], left(one, sent[at])) for at, one in enumerate(activities)}
        return list({**answers, **self._with_all_links(activities, found)}.values())

    def usage(self) -> Usage:
        """Return the calls of this writer's session."""
        return self._session.usage()

    def _known(self) -> TaskShape:
        shape = self._shape
        if shape is None or time.monotonic() - self._looked > LOOK_AGAIN or not shape.readiness.ready:
            readiness = self.look()
            shape = self._shape
            if shape is None or not readiness.ready:
                raise _not_set_up(self._subject, readiness.advice)
        return shape

    def _send(self, records: Sequence[Record]) -> Sequence[Saved]:
        body = {"allOrNone": False, "records": records}
        path = f"composite/sobjects/{TASK}/{KEY}"
        try:
            reply = self._session.upsert(path, body, kind="write", about=TASK, tries=SENDS)
        except NotAllowed as no:
            raise _not_set_up(self._subject, f"{no.what} {no.next_step}") from None
        except Permanent:
            self._look_again()
            raise
        return saved(reply.body, records, f"{self._subject} {TASK}")

    def _described(self) -> Any:
        return self._session.get(f"sobjects/{TASK}/describe", kind="describe", about=TASK, tries=SENDS).body

    def _send_fewer(self, found: Mapping[int, Saved]) -> None:
        """Halve what is sent at once until a limit of the org's triggers is kept, which counts a whole request.

        Raises:
            Permanent: It was not; the caller sends the halves.
        """
        beyond = next((one.failure for one in found.values() if isinstance(one.failure, TooManyAtOnce)), None)
        if beyond and len(found) > 1:
            self.most = max(1, len(found) // 2)
            raise Permanent(beyond.what, subject=beyond.subject, next_step=beyond.next_step)

    def _with_all_links(self, activities: Sequence[Activity], found: Mapping[int, Saved]) -> Mapping[int, Answer]:
        """Write again what somebody had deleted: the new task lacks the links that did not change."""
        deleted = [at for at, one in enumerate(activities) if found[at].created and one.before != Links()]
        whole = [replace(activities[at], before=Links()) for at in deleted]
        return dict(zip(deleted, self.push(whole), strict=True)) if deleted else {}

    def _look_again(self) -> None:
        """Make sure that it is one task that was refused: the field, or a right, may be gone since it was looked at."""
        self._shape = None
        self._known()

    def _answer(self, one: Saved, left_out: frozenset[str]) -> Answer:
        return Refused(one.failure) if one.failure else Written(one.record, TASK, left_out)


def _senseless(subject: str) -> Corrupt:
    return Corrupt("The describe of Task makes no sense.", subject=subject)


def _not_set_up(subject: str, advice: str) -> NotSetUp:
    return NotSetUp("Calls cannot be logged.", subject=subject, next_step=advice)
