"""The outside world of what goes on beside the calls: CRMs that are read, and the model that answers signals.

Belongs here: serving it. Does not: the calls' own CRM and provider (`benchmarks.services`).

A process apart from theirs, because in production neither shares this machine: by one process's Python lock a page of a
history would hold up the answers that calls wait for. For the same reason it gives way to all that is measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.calls import runs
from benchmarks.calls.beside.wish import Beside
from benchmarks.calls.house import House, answers
from benchmarks.calls.provider import Provider
from benchmarks.services import START_SECONDS, Services
from nooks_dagster.failures import Transient
from nooks_dagster.local import processes
from nooks_dagster.local.ports import free_port

PART = "outside"
STATE = "outside"
"""Its folder below that of the services."""
NICE = 10


@contextmanager
def outside(house: House, beside: Beside, provider: Provider) -> Iterator[Services]:
    """Serve it while the block runs, if anything is wanted; give the services as a process beside the calls sees them.

    Raises:
        Transient: It does not start.
    """
    where = house.where
    if not beside:
        yield where
        return
    port, state = free_port(), where.folder / STATE
    terms = ["--state", str(state), "--port", str(port), "--daily-requests", "10000000"]
    log = where.folder / "outside.log"
    process = runs.start(where, "sandbox", ["serve", *terms, *beside.world(), *provider.world()], log, nice=NICE)
    house.parts[PART] = process
    try:
        if not house.until(lambda: answers(f"http://127.0.0.1:{port}/health"), START_SECONDS):
            raise Transient(f"The world beside the calls did not start: {log.read_text()[-2000:]}")
        bundle = str(state / "ca-bundle.pem")
        seen = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
        yield replace(where, variables={**where.variables, **seen})
    finally:
        processes.stop(process, grace=5)
