"""The HTTP session of simple-salesforce and our own calls: time-outs, and failures instead of exceptions.

Belongs here: sending. Does not: what Salesforce says (`answers`), what a broken connection means (`crm.access.broken`),
logins and retries (`session`).

Raising failures from `send` keeps simple-salesforce out of error handling: it parses each 401 as a JSON array
and repeats a refused call without end. Proxy and CA variables are honoured by requests itself.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from nooks_dagster.crm.access.broken import broken
from nooks_dagster.crm.salesforce.answers import refusal

CONNECT_SECONDS = 10
READ_SECONDS = 300  # between two bytes; a query may think for minutes before the first one
POOL = 16


class Line(requests.Session):
    """A requests session whose every bad outcome is a failure of ours.

    Args:
        subject: The connection, named in failures.
    """

    def __init__(self, subject: str) -> None:
        super().__init__()
        self.subject = subject
        self.mount("https://", HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL, max_retries=0))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and return an answer that holds what was asked for.

        Raises:
            Failure: Everything else.
        """
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        try:
            response = super().send(request, **kwargs)
            failure = refusal(response, self.subject)  # reads the body, which may break off while it is streamed
        except requests.RequestException as error:
            raise broken(error, _host(error), self.subject) from None
        if failure:
            raise failure
        return response


def _host(error: requests.RequestException) -> str:
    url = getattr(error.request, "url", None) or ""
    return url.split("://")[-1].split("/")[0].split("?")[0] or "Salesforce"
