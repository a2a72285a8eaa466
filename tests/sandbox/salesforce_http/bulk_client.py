"""A small client of Bulk API 2.0 that hides nothing: jobs by their words, replies as they come.

Belongs here: what the bulk tests share. Does not: what must be answered.
"""

import csv
import io
from typing import Any

import requests
from simple_salesforce import Salesforce

from nooks_dagster.local import deadline

Row = dict[str, str]


class Bulk:
    """Calls below `/jobs/query` in one org."""

    def __init__(self, session: Salesforce, version: str = "59.0") -> None:
        self.session = session
        self.base = f"https://{session.sf_instance}/services/data/v{version}/jobs/query"

    def call(self, path: str = "", method: str = "GET", **options: Any) -> requests.Response:
        headers = {**self.session.headers, **options.pop("headers", {})}
        return self.session.session.request(method, self.base + path, headers=headers, timeout=60, **options)

    def create(self, soql: str, operation: str = "query", **more: str) -> dict[str, Any]:
        job: dict[str, Any] = self.ask(soql, operation, **more).json()
        assert "id" in job, job
        return job

    def ask(self, soql: str, operation: str = "query", **more: str) -> requests.Response:
        return self.call(method="POST", json={"operation": operation, "query": soql, **more})

    def finished(self, soql: str, operation: str = "query", **more: str) -> str:
        """Make a job and return its id once it is complete."""
        job = self.create(soql, operation, **more)["id"]
        assert self.wait(job)["state"] == "JobComplete"
        return str(job)

    def wait(self, job: str) -> dict[str, Any]:
        """Poll a job until it has ended."""
        for _ in deadline.polls(60, every=0.02):
            info: dict[str, Any] = self.call(f"/{job}").json()
            if info["state"] not in {"UploadComplete", "InProgress"}:
                return info
        raise AssertionError(f"The job did not end: {info}")

    def page(self, job: str, **params: Any) -> requests.Response:
        return self.call(f"/{job}/results", params=params)

    def pages(self, job: str, **params: Any) -> list[requests.Response]:
        """Every page in turn, by locator."""
        found = [self.page(job, **params)]
        while (locator := found[-1].headers["Sforce-Locator"]) != "null":
            found.append(self.page(job, locator=locator, **params))
        return found


def rows(reply: requests.Response, **form: Any) -> list[Row]:
    return list(csv.DictReader(io.StringIO(reply.content.decode(), newline=""), strict=True, **form))
