"""The code location: it loads, says all there is to say about each asset, and changes only when somebody means it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.partitions import call_hours
from nooks_dagster.definitions import build_defs, defs

PROJECT = Path(__file__).parents[1]
SURFACE = ("assets", "nooks_dagster", "resources", "schedules", "sensors")
SNAPSHOT = PROJECT / "tests" / "snapshots" / "asset_graph.json"
BIN = Path(sys.executable).parent

SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
TABLES = {name: spec for name, spec in SPECS.items() if spec.tags.get("nooks/layer") == "table"}
CHECKS = sorted(defs.resolve_asset_graph().asset_check_keys)
MADE = {name: spec for name, spec in SPECS.items() if spec.tags.get("nooks/layer") != "health"}

WARNINGS = """
import json, time, warnings
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    start = time.perf_counter()
    import nooks_dagster.definitions
    seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "warnings": [[w.category.__name__, w.filename, str(w.message)] for w in caught]}))
"""
KEYS = """
from nooks_dagster.definitions import defs
print(*(key.to_user_string() for key in defs.resolve_all_asset_keys()))
"""
OURS_TO_MIND = ("BetaWarning", "PreviewWarning", "SupersessionWarning")


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command with an empty Dagster instance and addresses where nothing listens."""
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").touch()
    dummies = {
        "DAGSTER_HOME": str(home),
        "NOOKS_POSTGRES_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "NOOKS_LAKE_BUCKET": "nothing",
    }

    def run(*command: str | Path, cwd: Path = PROJECT, **more: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **dummies, **more}
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)

    return run


Shell = Callable[..., subprocess.CompletedProcess[str]]


def test_a_fresh_interpreter_loads_it_without_a_warning_of_ours(shell: Shell) -> None:
    done = shell(sys.executable, "-c", WARNINGS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(f"import took {found['seconds']:.1f} s")  # noqa: T201  a budget of 3 s, measured and not asserted
    ours = [w for w in found["warnings"] if w[0] in OURS_TO_MIND or w[1].startswith(_surface_folders())]
    assert ours == []


@pytest.mark.parametrize(
    "command",
    [("dagster", "definitions", "validate"), ("dg", "check", "defs"), ("dg", "list", "defs")],
    ids=" ".join,
)
def test_dagsters_own_tools_accept_it(command: tuple[str, ...], shell: Shell) -> None:
    name, *arguments = command
    done = shell(BIN / name, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_scaffolded_asset_lands_in_assets_and_is_loaded(shell: Shell, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in shell("git", "ls-files", "-z").stdout.split("\0")[:-1]:
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, copy / name)
    done = shell(BIN / "dg", "scaffold", "defs", "dagster.asset", "sales/pipeline.py", cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy / "assets" / "sales" / "pipeline.py").is_file()
    listed = shell(sys.executable, "-c", KEYS, cwd=copy)
    assert listed.returncode == 0, listed.stderr
    assert {"pipeline", "crm/accounts"} <= set(listed.stdout.split())


def test_a_stray_distribution_in_front_of_ours_is_named(shell: Shell, tmp_path: Path) -> None:
    stray = tmp_path / "stray"
    (stray / "resources").mkdir(parents=True)
    (stray / "resources" / "__init__.py").touch()
    info = stray / "stray_things-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stray-things\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("resources\n")
    path = os.pathsep.join([str(stray), str(PROJECT)])
    done = shell(sys.executable, "-P", "-c", "import nooks_dagster.definitions", PYTHONPATH=path)
    assert "ImportError: The top-level package 'resources' is not this project's but comes from stray-things" in (
        done.stderr
    )


def test_a_resource_can_be_replaced_and_the_others_stay() -> None:
    mine = object()
    replaced = build_defs({"crm": mine}).resources or {}
    assert replaced["crm"] is mine
    assert set(replaced) == set(defs.resources or {})


def test_every_asset_tells_all_that_a_person_asks_of_it() -> None:
    checked = {key.asset_key for key in CHECKS}
    for name, spec in SPECS.items():
        assert len(spec.description or "") > 40, name
        assert spec.group_name not in (None, "default"), name
        assert spec.owners, name
        assert 1 <= len(spec.kinds) <= 3, name
        assert {"nooks/domain", "nooks/layer"} <= set(spec.tags), name
        assert spec.key in checked, name


def test_every_asset_that_is_materialised_has_a_freshness_rule_and_a_code_version() -> None:
    for name, spec in MADE.items():
        assert spec.freshness_policy is not None, name
        assert spec.code_version, name


def test_every_table_has_a_column_schema() -> None:
    for name, spec in TABLES.items():
        columns = {column.name for column in spec.metadata["dagster/column_schema"].columns}
        assert "connection_id" in columns, name
        assert columns & {"id", "account_id"}, name


def test_the_asset_graph_is_the_reviewed_one() -> None:
    """Write it anew with `UPDATE_SNAPSHOTS=1 pytest tests/test_definitions.py`, and read the difference."""
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(graph(), indent=2, sort_keys=True) + "\n")
    assert graph() == json.loads(SNAPSHOT.read_text())


def test_nothing_of_dagsters_inside_is_imported() -> None:
    private = re.compile(r"^\s*(from|import) dagster\._|\bdg\._[a-z]", re.MULTILINE)
    assert [str(path) for path in sources() if private.search(path.read_text())] == []


def test_imports_run_one_way(shell: Shell) -> None:
    done = shell(BIN / "lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout


def sources() -> Iterator[Path]:
    for folder in (*SURFACE, "tests"):
        yield from (PROJECT / folder).rglob("*.py")


def _surface_folders() -> tuple[str, ...]:
    return tuple(str(PROJECT / name) for name in SURFACE)


def graph() -> dict[str, Any]:
    """Return all that a person sees of the code location, as plain values."""
    return {
        "assets": {name: _asset(spec) for name, spec in SPECS.items()},
        "jobs": {job.name: _job(job.name) for job in defs.jobs or []},
        "schedules": {s.name: [s.cron_schedule, s.job_name, s.default_status.value] for s in _schedules()},
        "sensors": {
            s.name: [s.minimum_interval_seconds, sorted(job.name for job in s.jobs), s.default_status.value]
            for s in _sensors()
        },
        "resources": sorted(defs.resources or {}),
    }


def _asset(spec: dg.AssetSpec) -> dict[str, Any]:
    own = {name: value for name, value in spec.tags.items() if not name.startswith("dagster/kind/")}
    schema = spec.metadata.get("dagster/column_schema")
    return {
        "automation": str(spec.automation_condition) if spec.automation_condition else None,
        "checks": [key.name for key in CHECKS if key.asset_key == spec.key],
        "code_version": spec.code_version,
        "columns": [f"{column.name} {column.type}" for column in schema.columns] if schema else None,
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "freshness": _freshness(spec.freshness_policy),
        "group": spec.group_name,
        "io_manager": spec.metadata.get("dagster/io_manager_key"),
        "kinds": sorted(spec.kinds),
        "owners": list(spec.owners),
        "partitions": _partitions(spec.partitions_def),
        "tags": own,
    }


def _partitions(partitions: dg.PartitionsDefinition | None) -> str | None:
    """Return what a person reads of partitions; hours begin on another day each day."""
    return "call_hours" if partitions == call_hours else partitions and str(partitions)


def _freshness(policy: Any) -> str | None:
    if policy is None:
        return None
    return f"fails after {policy.fail_window.to_timedelta()}, warns after {policy.warn_window.to_timedelta()}"


def _job(name: str) -> dict[str, Any]:
    job = defs.resolve_job_def(name)
    selected = sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys)
    return {"assets": selected, "steps": sorted(node.name for node in job.nodes), "tags": dict(job.tags)}


def _schedules() -> Sequence[dg.ScheduleDefinition]:
    return [s for s in defs.schedules or [] if isinstance(s, dg.ScheduleDefinition)]


def _sensors() -> Sequence[dg.SensorDefinition]:
    return list(defs.sensors or [])
