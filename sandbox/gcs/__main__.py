"""The process: `python -m sandbox.gcs --data DIR --port N [--bucket NAME …]`.

Belongs here: arguments, signals, log lines. Does not: anything that a request needs.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from sandbox.gcs.lake import FolderTaken, Lake, open_lake
from sandbox.gcs.refusals import Refusal
from sandbox.gcs.server import LakeServer

logger = logging.getLogger("sandbox.gcs")


def main() -> str | None:
    """Serve until SIGTERM or SIGINT; return a sentence when it cannot start."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        lake = open_lake(options.data.resolve())
        _ensure_buckets(lake, options.bucket)
        server = LakeServer(lake, options.port)
    except (FolderTaken, Refusal, OSError) as error:
        return f"The lake cannot start: {error}"
    logger.info("The lake answers at http://127.0.0.1:%d", server.server_address[1])
    try:
        server.serve_forever()
    finally:
        server.server_close()
        lake.close()
    return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.gcs", description="Google Cloud Storage in miniature.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the lake is kept")
    parser.add_argument("--port", type=int, required=True, metavar="N", help="TCP port on 127.0.0.1, 0 for a free one")
    parser.add_argument("--bucket", action="append", default=[], metavar="NAME", help="a bucket to create if missing")
    return parser.parse_args()


def _ensure_buckets(lake: Lake, names: list[str]) -> None:
    known = {bucket.name for bucket in lake.buckets.all()}
    for name in names:
        if name not in known:
            lake.buckets.create(name, {})


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)  # every answered write is on the disk already


if __name__ == "__main__":
    sys.exit(main())
