"""`nooks ingest`: serve the address to which dialers send calls.

Belongs here: its options. Does not: serving (`calls.ingest.serving`).
"""

import os
import sys
from typing import Annotated

import typer

from nooks_dagster.settings import settings

MODULE = "nooks_dagster.calls.ingest"


def ingest(
    host: Annotated[str | None, typer.Option(help="Where to listen; else NOOKS_INGEST_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="And where; else NOOKS_INGEST_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; one takes hundreds of calls a second.")] = 1,
) -> None:
    """Take calls from dialers over HTTP until stopped."""
    chosen = settings()
    where = ["--host", host or chosen.ingest_host, "--port", str(port or chosen.ingest_port)]
    command = [sys.executable, "-m", MODULE, *where, "--workers", str(workers)]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes the server
