"""What must hold of the calls of all workspaces, read from our own tables.

Belongs here: which checks there are, and on which assets. Does not: how they judge (`assets.judging`), what they find
(`assets.calls.findings`).
"""

from assets.calls.findings import Evidence
from assets.calls.specs import NAMES, health, key_of
from assets.judging import WARN, Check, judge
from nooks_dagster.calls.model import Stage

EACH = [key_of(stage) for stage in NAMES]
RECORDS = [key_of(Stage.RECORD)]
TRANSCRIPTS = [key_of(Stage.TRANSCRIBE)]
ACTIVITIES = [key_of(Stage.DELIVER)]

CHECKS = (
    Check(
        "calls_add_up",
        "In closed hours each call is recorded, refused or a dead letter.",
        RECORDS,
        Evidence.unbalanced,
    ),
    Check("hours_are_closed", "Hours are closed within 15 minutes.", TRANSCRIPTS, Evidence.unclosed),
    Check("calls_are_recorded_soon", "95 % of the last hour's calls took below a minute.", RECORDS, Evidence.slow),
    Check("calls_rarely_fail", "Of no workspace 5 % of the last hour's calls fail.", RECORDS, Evidence.failing),
    Check("activities_arrive", "No activity waits for 15 minutes or was given up.", ACTIVITIES, Evidence.undelivered),
    Check("no_stage_was_given_up", "No call is a dead letter of a stage.", EACH, Evidence.given_up, WARN),
)

calls_checks = judge("calls_checks", CHECKS, health.key, Evidence)
