"""Proofs of health: the real thing is asked, not whether a process exists.

Belongs here: one probe per kind of service. Does not: conclusions (`nooks_dagster.local.supervisor`).
"""

import json
import socket
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

import psutil
import psycopg

from nooks_dagster.failures import Permanent
from nooks_dagster.local import ports

SECONDS = 3.0  # a service that answers later than this does not answer
HEARTBEAT_SECONDS = 120  # each thread of Dagster's daemon writes one every 30
DAEMONS = ("SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR")  # without one of these no work begins

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
    loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


def postgres(url: str) -> str:
    """Ask Postgres a query.

    Raises:
        psycopg.Error: It does not answer.
    """
    with psycopg.connect(url, connect_timeout=int(SECONDS)) as connection:
        connection.execute("SELECT 1")
    return ""


def http(address: str) -> str:
    """Ask a server for any answer below 500.

    Raises:
        OSError: It does not answer.
    """
    try:
        _direct.open(address, timeout=SECONDS).close()
    except HTTPError as answer:
        return f"{address} answers {answer.code}." if answer.code >= 500 else ""
    return ""


def listens(port: int) -> str:
    """Connect to a port.

    Raises:
        OSError: Nobody listens.
    """
    socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
    return ""


def code_server(port: int) -> str:
    """Look whether the code server still has its child, which loads the code; alone it only passes questions on.

    Raises:
        OSError: Nobody listens.
        ProcessLookupError: The child is gone; Dagster starts another one only when somebody reloads the code.
    """
    listens(port)
    server = ports.holder(port)
    if server and all(child.status() == psutil.STATUS_ZOMBIE for child in server.children()):
        raise ProcessLookupError("the process that loads the code is gone")
    return ""


def webserver(port: int) -> str:
    """Ask the UI whether it has loaded the code location.

    Raises:
        OSError: It does not answer.
        Permanent: It answers that the code of the location is broken.
    """
    body = json.dumps({"query": LOCATIONS}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    with _direct.open(request, timeout=SECONDS) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    entries = data["workspaceOrError"].get("locationEntries") or []
    if not entries or any(entry["loadStatus"] != "LOADED" for entry in entries):
        return "The code location is still loading."
    for entry in entries:
        problem = entry["locationOrLoadError"]
        if problem and problem["__typename"] == "PythonError":
            raise Permanent(
                _last_sentence(problem["message"]), next_step="The whole error is in the UI, under Deployment."
            )
    return ""


def daemon(url: str, started: float) -> str:
    """Look whether Dagster's scheduler, sensor and queue threads have written their heartbeats lately.

    Args:
        url: Dagster's database.
        started: When the daemon was started (epoch): what its predecessor wrote proves nothing.

    Raises:
        psycopg.Error: Dagster's database does not answer.
    """
    oldest = max(started, time.time() - HEARTBEAT_SECONDS)
    query = """SELECT name FROM unnest(%s::text[]) AS name WHERE name NOT IN (
        SELECT daemon_type FROM daemon_heartbeats WHERE timestamp >= to_timestamp(%s::float8) AT TIME ZONE 'utc')"""
    with psycopg.connect(url, connect_timeout=int(SECONDS)) as connection:
        silent = [str(row[0]) for row in connection.execute(query, [list(DAEMONS), oldest]).fetchall()]
    return f"No heartbeat from {', '.join(silent)}." if silent else ""


def sensor(url: str, name: str) -> str:
    """Look whether a person has switched a sensor off; until somebody touches it, it is as its code says.

    Raises:
        psycopg.Error: Dagster's database does not answer.
    """
    query = """SELECT FROM instigators
        WHERE instigator_type = 'SENSOR' AND status = 'STOPPED' AND strpos(instigator_body, %s) > 0"""
    with psycopg.connect(url, connect_timeout=int(SECONDS)) as connection:
        off = connection.execute(query, [json.dumps(name)]).fetchall()
    return f"{name} is switched off." if off else ""


def _last_sentence(message: str) -> str:
    """Shorten Dagster's account of an import that failed to what failed."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no reason given"]
    return f"Your code does not load: {lines[-1].partition('. Local modules were')[0]}."
