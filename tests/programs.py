"""Programs of tests in processes of their own, many of them to be killed: a `main` of a module below `tests`.

One process, `python -m tests.programs`, imports the modules and is copied for each start: it has no thread and no
connection, so a copy costs no start, where an interpreter with the platform's imports takes 1.4 s of CPU.
Belongs here: the two ends of its pipe. Does not: what a program does, nor programs whose output a test reads.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]


class Programs:
    """The process that is copied, as a test sees it."""

    def __init__(self) -> None:
        command, env = [sys.executable, "-m", "tests.programs"], {**os.environ, "PYTHONPATH": str(PROJECT)}
        # In a folder without a `.env`: the checkout may have one.
        self._process = subprocess.Popen(
            command, cwd="/", env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, module: str, *arguments: str, **environment: str) -> "Program":
        """Start a program with this process's environment, and more."""
        return Program(self, self.order("start", module, arguments, {**os.environ, **environment}))

    def run(self, module: str, *arguments: str, **environment: str) -> int:
        """Run a program to its end; return how it ended, as `subprocess` does."""
        return self.start(module, *arguments, **environment).wait()

    def order(self, *words: Any) -> Any:
        """Have one thing done by the process that is copied."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@dataclass(frozen=True)
class Program:
    """A program that was started, with the words of `subprocess.Popen`."""

    programs: Programs
    pid: int

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        ended: int | None = self.programs.order("poll", self.pid)
        return ended

    def wait(self) -> int:
        """Wait for its end, and return how that was."""
        return int(self.programs.order("wait", self.pid))

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class _Copied:
    """The process itself: does what it is ordered to."""

    def __init__(self) -> None:
        self._ended: dict[int, int] = {}

    def start(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
        import_module(module)
        pid = os.fork()
        if pid == 0:
            os._exit(_ran(module, arguments, environment))
        return pid

    def poll(self, pid: int) -> int | None:
        return self._reaped(pid, os.WNOHANG)

    def wait(self, pid: int) -> int | None:
        return self._reaped(pid, 0)

    def _reaped(self, pid: int, options: int) -> int | None:
        if pid not in self._ended:
            found, status = os.waitpid(pid, options)
            if found:
                self._ended[pid] = os.waitstatus_to_exitcode(status)
        return self._ended.get(pid)


def _ran(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    sys.stdout = sys.stderr  # the other is for answers
    os.environ.clear()
    os.environ.update(environment)
    try:
        import_module(module).main(*arguments)
    except BaseException:  # noqa: BLE001 - a copy ends here, and not in the loop that it is a copy of
        traceback.print_exc()
        return 1
    return 0


def _serve() -> None:
    copied = _Copied()
    for line in sys.stdin:
        name, *words = json.loads(line)
        sys.stdout.write(json.dumps(getattr(copied, name)(*words)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
