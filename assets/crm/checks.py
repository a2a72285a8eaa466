"""What must hold of the CRM records of all workspaces, read from our own tables.

Belongs here: which checks there are, and on which assets. Does not: how they judge (`assets.judging`), what they find
(`assets.crm.findings`).
"""

from assets.crm.changes import KEY as CHANGES
from assets.crm.findings import Evidence
from assets.crm.specs import OWNERS, raw_key, table_key
from assets.judging import WARN, Check, health_of, judge
from nooks_dagster.crm.canonical import OBJECTS

health = health_of("crm", "CRMs", OWNERS)

RAW = [raw_key(name) for name in OBJECTS]
TABLES = [table_key(name) for name in OBJECTS]
ONCE = RAW[:1]  # what is wrong with a connection or a CRM is one incident, not one for each object

URGENT = (
    Check("no_lane_is_blocked", "Every source object of every workspace moves.", TABLES, Evidence.blocked),
    Check("workspaces_are_fresh", "No object lags behind its cadence, in any workspace.", TABLES, Evidence.late),
    Check("landed_rows_are_merged", "What reached the lake reached Postgres too.", RAW, Evidence.unmerged),
    Check("crms_answer", "No kind of CRM has stopped to answer.", ONCE, Evidence.unanswered),
    Check("calls_are_left", "No connection has nearly used up its calls of the day.", ONCE, Evidence.spent, WARN),
)
SLOW = (
    Check("deletions_are_confirmed", "No mass deletion waits for a person's word.", TABLES, Evidence.unconfirmed),
    Check("counts_agree", "No range of ids has other rows at its source, twice in a row.", TABLES, Evidence.differing),
    Check("fields_are_as_before", "No field came, went or was retyped this week.", RAW, Evidence.drifted, WARN),
    Check("days_are_derived", "No day waits for longer than a night.", [CHANGES], Evidence.underived),
)


crm_checks = judge("crm_checks", URGENT, health.key, Evidence)
crm_slow_checks = judge("crm_slow_checks", SLOW, health.key, Evidence)
