"""Errors as a person reads them: one sentence and the next step on stderr, no traceback.

Belongs here: the one place that turns a `Failure` into an exit code: 1, and 2 for a wrong call (click's own).
Does not: surprises. A bug keeps its traceback.
"""

from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from nooks_dagster.failures import Failure

_stderr = Console(stderr=True, highlight=False, soft_wrap=True)


class Sentences(TyperGroup):
    """A group of commands whose failures are sentences."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            typer.Exit: With code 1 after a failure, 130 after Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except Failure as failure:
            where = f"{failure.subject}: " if failure.subject else ""
            _stderr.print(f"[red]✗[/red] {_plain(where + failure.what)}")
            if failure.next_step:
                _stderr.print(f"  {_plain(failure.next_step)}")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _stderr.print("Interrupted. What was started goes on; `nooks down` stops it.")
            raise typer.Exit(130) from None


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
