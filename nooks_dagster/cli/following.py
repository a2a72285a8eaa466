"""How a sync that is followed looks: bars on a terminal, a line per change elsewhere, JSON lines for scripts.

Belongs here: drawing one look after the other. Does not: looking (`crm.reporting.watch`), the words (`cli.wording`).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column

from nooks_dagster.cli.printing import print_json
from nooks_dagster.cli.wording import COLOURS, progress_line, rows_line
from nooks_dagster.crm.reporting.progress import WindowProgress
from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.reporting.watch import Finding, Look, Watch

REFRESH_SECONDS = 1.0

Show = Callable[[Look], None]
Event = Mapping[str, object]


def follow(watch: Watch, console: Console, *, as_json: bool) -> Look:
    """Draw how it stands, each second, until nothing moves any more; return the last look."""
    with _shown(console, as_json=as_json) as show:
        while True:
            look = watch.look()
            show(look)
            if look.over:
                return look
            time.sleep(REFRESH_SECONDS)


@contextmanager
def _shown(console: Console, *, as_json: bool) -> Iterator[Show]:
    """Yield what draws a look in the way that suits the console."""
    if as_json:
        yield Lines(lambda _words, event: print_json(event)).show
    elif not console.is_terminal:
        yield Lines(lambda words, _event: console.print(escape(words))).show
    else:
        with Progress(*_columns(), console=console, auto_refresh=False) as bars:
            yield Bars(bars).show


class Bars:
    """One bar for each window; the bar is what is merged."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._windows: dict[int, TaskID] = {}
        self._findings: list[TaskID] = []

    def show(self, look: Look) -> None:
        """Draw a look over the last one."""
        for task in self._findings:
            self._bars.remove_task(task)
        for window in look.windows:
            if window.id not in self._windows:
                self._windows[window.id] = self._add(_name(window))
            self._draw(self._windows[window.id], window)
        self._findings = [self._add(finding.connection, _found_out(finding)) for finding in look.findings]
        self._bars.refresh()

    def _add(self, name: str, words: str = "") -> TaskID:
        return self._bars.add_task(escape(name), total=None, percent="", words=escape(words))

    def _draw(self, task: TaskID, window: WindowProgress) -> None:
        part, reading = window.part, window.standing is Standing.READING
        if part is not None or not reading:  # until then the bar only tells that it lives
            self._bars.update(task, total=1.0, completed=part or 0.0)
        words = rows_line(window.tally) if reading else progress_line(window)
        percent = "" if part is None else f"{part:.0%}"
        self._bars.update(task, percent=percent, words=f"{COLOURS[window.standing]}{escape(words)}")


class Lines:
    """A line for each thing that changed: a window's standing, its percent, or, while that is unknown, its rows."""

    def __init__(self, say: Callable[[str, Event], None]) -> None:
        self._say = say
        self._said: dict[str | int, object] = {}

    def show(self, look: Look) -> None:
        """Say what is new since the last look."""
        for finding in look.findings:
            if self._is_news(finding.connection, finding):
                self._say(f"{finding.connection}: {_found_out(finding)}", {"event": "finding", **asdict(finding)})
        for window in look.windows:
            part = window.part
            seen = (window.standing, window.reason, window.rows_merged if part is None else int(100 * part))
            if self._is_news(window.id, seen):
                self._say(f"{_name(window)}: {progress_line(window)}", _event(window))

    def _is_news(self, what: str | int, seen: object) -> bool:
        before, self._said[what] = self._said.get(what), seen
        return before != seen


def _columns() -> Iterator[ProgressColumn]:
    yield TextColumn("{task.description}", table_column=Column(no_wrap=True))
    yield BarColumn(bar_width=20)
    yield TextColumn("{task.fields[percent]:>4}")
    yield TextColumn("{task.fields[words]}")


def _name(window: WindowProgress) -> str:
    return f"{window.connection}/{window.source}"


def _found_out(finding: Finding) -> str:
    return finding.reason if finding.stuck and finding.reason else "its objects are looked up by the next run"


def _event(window: WindowProgress) -> Event:
    derived = {"standing": window.standing, "part": window.part, "seconds_left": window.tally.left}
    return {"event": "progress", **asdict(window), **derived, "expected_rows": window.tally.expected}
