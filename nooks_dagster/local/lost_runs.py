"""The task after a reboot: runs that did not survive it are no longer called running.

The default run launcher can't tell whether a run lives, so Dagster would call it STARTED, and keep its place in
the queue, for a day. We can tell: when no process of ours is older than the supervisor, no run is either.

Belongs here: telling Dagster of them. Does not: runs that died alone, which their code server reports.
Run as `python -m nooks_dagster.local.lost_runs ROOT`, while the UI runs.
"""

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from nooks_dagster.local import environment, processes, record
from nooks_dagster.local.watched import MARKER

SECONDS = 30.0  # the UI has just started, on a machine that has just booted
IN_PROGRESS = """query ($before: Float!) {
    runsOrError(filter: {statuses: [STARTING, STARTED, CANCELING], updatedBefore: $before}) {
        ... on Runs { results { runId } } } }"""
TERMINATE = """mutation ($runs: [String!]!) {
    terminateRuns(runIds: $runs, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }"""

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main(root: Path) -> int:
    """Mark the runs as canceled that began before the supervisor, unless something that old still lives."""
    configuration = environment.read(root)
    supervisor = record.read(configuration.state / "stack.json").supervisor
    elders = [one for one in processes.carriers(MARKER, str(root)) if supervisor and one.started < supervisor.started]
    if supervisor is None or elders:
        return 0
    lost = end_runs(configuration.port("NOOKS_UI_PORT"), supervisor.started)
    if lost:
        sys.stderr.write(f"Marked as canceled, because nothing of the last start is left: {', '.join(lost)}\n")
    return 0


def end_runs(port: int, before: float) -> list[str]:
    """End the runs in progress of which nothing was heard since `before` (epoch); return their ids.

    Raises:
        OSError: The UI does not answer.
    """
    found = _ask(port, IN_PROGRESS, before=before)["runsOrError"]["results"]
    runs = [str(run["runId"]) for run in found]
    if runs:
        _ask(port, TERMINATE, runs=runs)
    return runs


def _ask(port: int, question: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": question, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    with _direct.open(request, timeout=SECONDS) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    return data


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
