"""A job is judged by its heartbeats alone: a late one ends it, however well it works."""

import json
import os
import sys
from pathlib import Path

import pytest

from benchmarks.signals.orchestrator import ATTEMPTS, Orchestrator

LATE, NEVER = 1.0, 60.0
"""Seconds without a heartbeat after which a job is late: where it shall be, and where a busy machine may not let it."""
BEAT = "import sys, time\ndef beat(): sys.stdout.write('beat\\n'); sys.stdout.flush()\nbeat()\n"


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"wanted": 3}))
    return path


def orchestrator(folder: Path, code: str, timeout: float) -> Orchestrator:
    return Orchestrator(folder, dict(os.environ), timeout, 0.01, (sys.executable, "-c", BEAT + code))


def test_a_job_that_beats_until_its_end_is_completed_at_once(tmp_path: Path, payload: Path) -> None:
    ended = orchestrator(tmp_path, "for _ in range(4): time.sleep(0.1); beat()", NEVER).run(7, payload)
    assert (ended.job, ended.completed, ended.attempts, ended.timed_out) == (7, True, 1, 0)
    assert 1 <= len(ended.gaps) <= 4  # two beats may arrive together
    assert ended.ended > ended.began > 0
    assert ended.peak_mb > 1


def test_a_job_whose_loop_is_busy_is_tried_again_from_its_start_and_given_up(tmp_path: Path, payload: Path) -> None:
    ended = orchestrator(tmp_path, "while True: pass", LATE).run(0, payload)
    assert (ended.completed, ended.attempts, ended.timed_out) == (False, ATTEMPTS, ATTEMPTS)


def test_a_job_that_fails_is_tried_again_too(tmp_path: Path, payload: Path) -> None:
    once = "import json, pathlib\nfirst = pathlib.Path('tried')\nif not first.exists(): first.touch(); sys.exit(1)\n"
    ended = orchestrator(tmp_path, f"{once}sys.exit(json.load(sys.stdin)['wanted'] != 3)", NEVER).run(0, payload)
    assert (ended.completed, ended.attempts, ended.timed_out) == (True, 2, 0)


def test_what_was_late_is_ended_so_that_it_buys_nothing_more(tmp_path: Path, payload: Path) -> None:
    code = "import os, pathlib\npathlib.Path(f'{os.getpid()}.pid').touch()\ntime.sleep(600)"
    assert orchestrator(tmp_path, code, LATE).run(0, payload).timed_out == ATTEMPTS
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
