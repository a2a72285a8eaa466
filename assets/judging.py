"""Checks that judge all workspaces at once, from our own tables.

A check that looks at one partition turns green again with the next healthy one, so each of these judges every
workspace and names the worst 20 with what to do. Dagster forgets a verdict when its asset is materialised, as any
workspace's run does, until the check runs again. So each stands on its domain's `health` too, which nothing
materialises: what is red there stays red.

Belongs here: what a check is, and how one step judges several. Does not: which checks there are (`assets.crm.checks`,
`assets.account_signals.checks`), what they find.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import dagster as dg
import psycopg

from assets.bounded import markdown
from nooks_dagster.database.pool import Database
from resources.postgres import PostgresResource

WORST = 20
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
WHAT = "what happened, what to do"


class BaseEvidence:
    """What is known of all workspaces; each domain has one whose methods find what is wrong, each thing asked once.

    Args:
        db: The platform's database.
        conn: A connection to it, in a transaction.
    """

    def __init__(self, db: Database, conn: psycopg.Connection[Any]) -> None:
        self.db = db
        self.conn = conn


Evidence = TypeVar("Evidence", bound=BaseEvidence)


def health_of(domain: str, what: str, owners: Sequence[str]) -> dg.AssetSpec:
    """Return the asset that all checks of a domain stand on; `what` is judged of all workspaces."""
    return dg.AssetSpec(
        [domain, "health"],
        description=f"Whether all is well with the {what} of all workspaces: its checks. Nothing materialises it.",
        group_name=f"{domain}_health",
        owners=list(owners),
        kinds={"postgres"},
        tags={"nooks/domain": domain, "nooks/layer": "health"},
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with one thing of a domain (the last part of its asset's key), or with all if None."""

    of: str | None
    line: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check(Generic[Evidence]):
    """One thing that must hold: on which assets, and who finds where it does not; the worst comes first."""

    name: str
    about: str
    keys: Sequence[dg.AssetKey]
    find: Callable[[Evidence], Iterator[Finding]]
    severity: dg.AssetCheckSeverity = ERROR

    def result(self, key: dg.AssetKey, findings: Sequence[Finding], *, all_of_them: bool) -> dg.AssetCheckResult:
        """Return the verdict on one asset."""
        lines = [dict(one.line) for one in findings if all_of_them or one.of in (None, key.path[-1])]
        table = {"worst": dg.MetadataValue.md(markdown(lines, WORST))} if lines else {}
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=self.name,
            passed=not lines,
            severity=self.severity,
            metadata={"count": dg.MetadataValue.int(len(lines)), **table},
        )


def judge(
    name: str,
    checks: Sequence[Check[Evidence]],
    health: dg.AssetKey,
    evidence: type[Evidence],
) -> dg.AssetChecksDefinition:
    """Return the step that judges.

    Args:
        name: Of the step.
        checks: What must hold.
        health: The asset that all checks stand on.
        evidence: Finds what is wrong.
    """
    places = {check.name: [*check.keys, health] for check in checks}
    specs = [
        dg.AssetCheckSpec(check.name, asset=key, description=check.about)
        for check in checks
        for key in places[check.name]
    ]

    @dg.multi_asset_check(name=name, specs=specs, can_subset=True)
    def judging(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> Iterator[dg.AssetCheckResult]:
        """Fail for an asset when anything is found of it, in whatever workspace."""
        selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        with postgres.database.transaction() as conn:
            known = evidence(postgres.database, conn)
            for check in checks:
                if keys := [key for key in places[check.name] if (key, check.name) in selected]:
                    findings = list(check.find(known))
                    yield from [check.result(key, findings, all_of_them=key == health) for key in keys]

    return judging
