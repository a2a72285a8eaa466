"""What every command prints with: words for people, one JSON value for scripts.

Belongs here: the console, the option, and values of ours as JSON. Does not: the words (`cli.wording`).
"""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

console = Console(highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value in one line: times as ISO 8601, spans as seconds."""
    typer.echo(json.dumps(value, default=_plain))


def _plain(value: object) -> object:
    match value:
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return float(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")
