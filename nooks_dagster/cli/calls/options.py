"""`nooks calls options`: the language that calls are translated into, and the region of their numbers.

Belongs here: what a person sees. Does not: keeping the choices (`calls.options`).
"""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from nooks_dagster.calls.options import Options, choose, options_of
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings


def options(
    workspace: Annotated[str, typer.Argument(help="Whose calls, such as acme.")],
    *,
    language: Annotated[
        str | None, typer.Option(help="Calls are translated into it (ISO 639-1), such as de; '' for the usual one.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Of numbers without a country (ISO 3166), such as DE; '' for the usual one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a workspace chose for its calls, or choose; calls that come from then on follow."""
    chosen = settings()
    with Database(chosen.postgres_url, size=1) as db:
        asked = language is not None or region is not None
        holds = choose(db, workspace, language, region) if asked else options_of(db, workspace)
    if as_json:
        print_json({"workspace": workspace, **asdict(holds)})
        return
    usual = Options(chosen.calls_language, chosen.calls_region)
    console.print(
        f"Calls of {escape(workspace)} are translated into {_told(holds.language, usual.language)}; "
        f"numbers without a country are of {_told(holds.region, usual.region)}."
    )


def _told(chosen: str | None, usual: str | None) -> str:
    return chosen or f"{usual} (as usual)"
