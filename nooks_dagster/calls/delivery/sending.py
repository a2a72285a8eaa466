"""Sending a batch: what the other side said of each activity, and what of it would meet every other one too.

Belongs here: isolating an activity that spoils its batch, telling an activity's failure from the lane's. Does not: the
other sides (`crm`, `calls.delivery.webhooks`), what becomes of it (`calls.delivery.settling`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nooks_dagster.calls.delivery.contents import Content
from nooks_dagster.crm.activities import Activity, Answer, Refused
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure, Permanent, Transient, Unanswered, Unauthorized
from nooks_dagster.ledger.verdicts import described

log = logging.getLogger(__name__)


class Integration(Protocol):
    """Where activities are delivered: a CRM (`crm.activities.ActivityWriter`), or a webhook.

    The same activity may be delivered again: it has a key by which the other side tells that it is the same.
    """

    @property
    def most(self) -> int:
        """Return how many activities are sent at once."""
        ...

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Deliver activities; return what was said of each, in their order.

        Raises:
            Failure: Nothing is known of any of them.
        """
        ...

    def usage(self) -> Usage:
        """Return what was spent of an allowance, where there is one."""
        ...


@dataclass(slots=True)
class Sent:
    """What is known after a batch: an answer for each call that got one, and what stopped the rest."""

    answers: dict[int, Answer] = field(default_factory=dict)
    trouble: Failure | None = None


def send(integration: Integration, batch: Sequence[Content]) -> Sent:
    """Deliver a batch. If all of it is refused as wrong, the half that is not goes through, and so on down to one."""
    sent = Sent()
    _send(integration, batch, sent)
    return sent


def of_lane(failure: Failure) -> bool:
    """Say whether a failure accuses nobody's activity: the next one would meet it too."""
    if isinstance(failure, Transient):
        return not failure.counts_as_attempt or isinstance(failure, Unanswered)
    return isinstance(failure, Unauthorized)


def _send(integration: Integration, batch: Sequence[Content], sent: Sent) -> None:
    if not batch or sent.trouble:
        return
    try:
        answers = integration.push([content.activity for content in batch])
    except Permanent as wrong:
        _divide(integration, batch, sent, wrong)
    except Failure as trouble:
        sent.trouble = trouble
    except Exception as error:  # noqa: BLE001 - a defect met by one call must not stop the others
        defect = Transient(f"Delivery met a defect: {described(error)}.")
        log.warning("%s", defect)
        _divide(integration, batch, sent, defect)
    else:
        sent.answers |= {content.call: answer for content, answer in zip(batch, answers, strict=True)}
        refused = (answer.failure for answer in answers if isinstance(answer, Refused))
        sent.trouble = next((failure for failure in refused if of_lane(failure)), None)


def _divide(integration: Integration, batch: Sequence[Content], sent: Sent, why: Failure) -> None:
    if len(batch) == 1:
        sent.answers[batch[0].call] = Refused(why)
        return
    middle = len(batch) // 2
    _send(integration, batch[:middle], sent)
    _send(integration, batch[middle:], sent)
