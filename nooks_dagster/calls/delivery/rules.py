"""Refusals by a rule of the CRM's own: is it a call that is refused, or is it every call?

Belongs here: telling the two apart. Does not: which answers are such (`crm.activities.AgainstRule`, each CRM's tables),
what becomes of a lane (`calls.delivery.lanes`).

It is every call once five in a row were refused, none of them taken, by what reads as the same rule: then the lane is
blocked, and none of them is accused. Until then each waits by itself, and others are asked.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nooks_dagster.calls.delivery.lanes import Lane
from nooks_dagster.calls.delivery.sending import Sent
from nooks_dagster.crm.activities import AgainstRule, Refused
from nooks_dagster.failures import Blocked
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.verdicts import described

IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Streak:
    """A rule that refused so many different calls in a row."""

    rule: AgainstRule
    calls: int

    @property
    def blocks(self) -> bool:
        """Say whether it refuses every call."""
        return self.calls >= IN_A_ROW


def streak(lane: Lane, claims: Mapping[int, Claim], sent: Sent) -> Streak | None:
    """Return the rule that refused most of a batch, None if none did or a call was taken.

    Args:
        lane: As it stood before the batch.
        claims: The item of each call; one that was tried before was counted then.
        sent: What came of the batch.
    """
    rules = _rules(sent)
    if not rules or any(answer.record for answer in sent.answers.values()):  # that only lacks a link was taken, too
        return None
    ((said, _),) = Counter(map(described, rules.values())).most_common(1)
    calls = [call for call, rule in rules.items() if described(rule) == said]
    earlier = lane.strikes if lane.reason == said else 0
    fresh = sum(1 for call in calls if claims[call].item.attempts == 0)
    return Streak(rules[calls[0]], max(len(calls), earlier + fresh))


def block(sent: Sent, rule: AgainstRule) -> None:
    """Let a rule be the trouble of all that was sent, and accuse none that it, or another, refused."""
    sent.trouble = _blocked(rule)
    for call, refused in _rules(sent).items():
        answer = sent.answers[call]
        if isinstance(answer, Refused):
            sent.answers[call] = replace(answer, failure=_blocked(refused))


def was_blocked(lane: Lane) -> bool:
    """Say whether a lane may have been blocked: what a rule refused before that is asked again when it goes on."""
    return lane.strikes >= IN_A_ROW


def _rules(sent: Sent) -> dict[int, AgainstRule]:
    refused = {call: answer.failure for call, answer in sent.answers.items() if isinstance(answer, Refused)}
    return {call: failure for call, failure in refused.items() if isinstance(failure, AgainstRule)}


def _blocked(rule: AgainstRule) -> Blocked:
    return Blocked(rule.what, subject=rule.subject, next_step=rule.next_step)
