"""What must hold of the signals of all workspaces, read from our own tables.

Belongs here: which checks there are, and on which assets. Does not: how they judge (`assets.judging`), what they find
(`assets.account_signals.findings`).
"""

from assets.account_signals.catalog import signals
from assets.account_signals.findings import Evidence
from assets.account_signals.specs import health, key_of
from assets.judging import WARN, Check, judge

EACH = [key_of(signal) for signal in signals()]
ONCE = EACH[:1]  # an outage is one incident, not one for each signal

CHECKS = (
    Check("accounts_rarely_fail", "Of no workspace 1 % of the accounts are errors.", EACH, Evidence.failing),
    Check("answers_are_asked_in_time", "No answer has been expired for longer than a night.", EACH, Evidence.overdue),
    Check("spend_is_below_its_caps", "Nothing waits because a cap is reached.", EACH, Evidence.deferred, WARN),
    Check("new_versions_are_decided", "No changed question waits for a person's word.", EACH, Evidence.held, WARN),
    Check("nothing_is_bought_twice", "Nobody paid for an answer that was there.", EACH, Evidence.bought_twice, WARN),
    Check("the_model_answers", "The provider has not stopped to answer.", ONCE, Evidence.unanswered),
)

signals_checks = judge("signals_checks", CHECKS, health.key, Evidence)
