"""`python -m nooks_dagster.calls.ingest`: the server as a process of its own, which loads nothing but what it needs.

Belongs here: its arguments. Does not: serving (`calls.ingest.serving`). People use `nooks ingest`, which becomes this:
85 MB for each process instead of 220.
"""

import argparse
import sys

from nooks_dagster.calls.ingest.serving import serve
from nooks_dagster.failures import Failure
from nooks_dagster.settings import settings


def main() -> None:
    """Serve until stopped."""
    chosen = settings()
    parser = argparse.ArgumentParser(prog="nooks ingest")
    parser.add_argument("--host", default=chosen.ingest_host)
    parser.add_argument("--port", type=int, default=chosen.ingest_port)
    parser.add_argument("--workers", type=int, default=1)
    told = parser.parse_args()
    try:
        serve(told.host, told.port, told.workers)
    except Failure as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
