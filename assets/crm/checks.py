"""What must hold of the CRM records of all workspaces, read from our own tables.

A check that looks at one partition turns green again with the next healthy one, so each of these judges every
workspace and names the worst 20 with what to do. Dagster forgets a verdict when its asset is materialised, as any
workspace's sync does, until the check runs again. So each stands on `crm/health` too, which nothing materialises: what
is red there stays red.

Belongs here: which checks there are, and on which assets. Does not: what they find (`assets.crm.findings`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from assets.bounded import markdown
from assets.crm.changes import KEY as CHANGES
from assets.crm.findings import Evidence, Finding
from assets.crm.specs import OWNERS, raw_key, table_key
from nooks_dagster.crm.canonical import OBJECTS
from resources.postgres import PostgresResource

WORST = 20
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


health = dg.AssetSpec(
    ["crm", "health"],
    description="Whether all is well with the CRMs of all workspaces: its checks. Nothing materialises it.",
    group_name="crm_health",
    owners=OWNERS,
    kinds={"postgres"},
    tags={"nooks/domain": "crm", "nooks/layer": "health"},
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: on which assets, and who finds where it does not; the worst comes first."""

    name: str
    about: str
    keys: Sequence[dg.AssetKey]
    find: Callable[[Evidence], Iterator[Finding]]
    severity: dg.AssetCheckSeverity = ERROR

    def specs(self) -> list[dg.AssetCheckSpec]:
        """Return it as Dagster knows it, once for each asset."""
        return [dg.AssetCheckSpec(self.name, asset=key, description=self.about) for key in self.places]

    @property
    def places(self) -> Sequence[dg.AssetKey]:
        """Return the assets on which it stands, that of all of them too."""
        return [*self.keys, health.key]

    def result(self, key: dg.AssetKey, findings: Sequence[Finding]) -> dg.AssetCheckResult:
        """Return the verdict on one asset."""
        mine = (one for one in findings if key == health.key or one.canonical in (None, key.path[-1]))
        lines = [dict(one.line) for one in mine]
        table = {"worst": dg.MetadataValue.md(markdown(lines, WORST))} if lines else {}
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=self.name,
            passed=not lines,
            severity=self.severity,
            metadata={"count": dg.MetadataValue.int(len(lines)), **table},
        )


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


def _judge(name: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name=name, specs=[spec for check in checks for spec in check.specs()], can_subset=True)
    def judge(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> Iterator[dg.AssetCheckResult]:
        """Fail for an object when anything is found of it, in whatever workspace."""
        selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        with postgres.database.transaction() as conn:
            evidence = Evidence(postgres.database, conn)
            for check in checks:
                if keys := [key for key in check.places if (key, check.name) in selected]:
                    findings = list(check.find(evidence))
                    yield from [check.result(key, findings) for key in keys]

    return judge


crm_checks = _judge("crm_checks", URGENT)
crm_slow_checks = _judge("crm_slow_checks", SLOW)
