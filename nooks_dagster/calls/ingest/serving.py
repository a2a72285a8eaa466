"""Serving: uvicorn around the application, in one process or several.

Belongs here: what is set of the server. Does not: the application (`calls.ingest.app`).

There is no access log: what a line of it would tell is in the metrics, without addresses of anybody. Nor does each
stranger who speaks no HTTP, or offers to speak another protocol, get a line.
"""

import os
import signal
import sys
from tempfile import TemporaryDirectory

import uvicorn

from nooks_dagster.calls.ingest.heads import BoundedHeads

METRICS = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus-client when it is first imported, which must be later
GRACE_SECONDS = 25
HEAD_BYTES = 32 * 1024
"""Of a head that has not ended; ours are 400 bytes, and proxies add some KB."""
KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep an idle connection, so that they close it, and none closes as a request comes."""

LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"uvicorn.error": {"level": "ERROR"}},
}
"""Given to uvicorn, which sets logging up in each of its processes: they inherit none."""


def serve(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or Ctrl-C; then no request is taken, and those that were are answered."""
    # uvicorn raises the signal again that ended it; it must not end what is left to do here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with TemporaryDirectory(prefix="nooks-ingest-") as counts:  # its own, for another server may have the same port
        os.environ[METRICS] = counts
        uvicorn.run(
            "nooks_dagster.calls.ingest.app:create",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=BoundedHeads,
            h11_max_incomplete_event_size=HEAD_BYTES,
            ws="none",
            access_log=False,
            log_config=LOGS,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
