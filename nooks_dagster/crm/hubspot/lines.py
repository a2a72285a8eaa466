"""The line to HubSpot: requests through the official client, with time-outs, and an answer whatever its status.

Belongs here: sending, and what the client makes of an answer. Does not: setting it up (`client`), what HubSpot
says (`answers`), tokens (`tokens`), retries (`session`).
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from hubspot.crm.objects import ApiException
from urllib3.exceptions import HTTPError

from nooks_dagster.crm.access.broken import broken
from nooks_dagster.crm.hubspot.answers import Answer
from nooks_dagster.crm.hubspot.client import open_client
from nooks_dagster.crm.hubspot.unzipping import body_of

HOST = "https://api.hubapi.com"
CONNECT_SECONDS = 10
READ_SECONDS = 120  # HubSpot's edge gives up after 100
_FORM = "application/x-www-form-urlencoded"


class Line:
    """One client, shared by threads; every answer is one, whatever its status.

    Args:
        subject: The connection, named in failures.
        host: Scheme and name.

    Raises:
        Permanent: The environment names a proxy or CA that cannot be used.
    """

    def __init__(self, subject: str, host: str = HOST) -> None:
        self._subject = subject
        self._host = host
        self._client = open_client(host, subject)

    def get(self, path: str, token: str) -> Answer:
        """Return the answer to a GET.

        Raises:
            Failure: The connection broke.
        """
        return self._send("GET", path, {"Authorization": f"Bearer {token}"})

    def post(self, path: str, token: str, body: Any) -> Answer:
        """Return the answer to a POST of JSON.

        Raises:
            Failure: The connection broke; what was asked for may have been done.
        """
        return self._send("POST", path, {"Authorization": f"Bearer {token}"}, body=body)

    def post_form(self, path: str, form: Sequence[tuple[str, str]]) -> Answer:
        """Return the answer to a POST of a form.

        Raises:
            Failure: The connection broke.
        """
        return self._send("POST", path, {"Content-Type": _FORM}, post_params=form)

    def _send(self, method: str, path: str, headers: Mapping[str, str], **content: Any) -> Answer:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        began = time.monotonic()
        try:
            response = self._client.call_api(
                path, method, header_params=headers, _preload_content=False, _request_timeout=timeout, **content
            )
            seconds = time.monotonic() - began
            return Answer(response.status, response.headers, body_of(response), seconds)
        except ApiException as refused:
            return _refused(refused, time.monotonic() - began)
        except UnicodeDecodeError as error:  # the client decodes the body of what it is about to raise
            if isinstance(error.__context__, ApiException):
                return _refused(error.__context__, time.monotonic() - began)
            raise
        except (HTTPError, OSError) as error:
            raise broken(error, self._host.partition("://")[2], self._subject) from None


def _refused(error: Any, seconds: float) -> Answer:
    body = error.body.encode() if isinstance(error.body, str) else error.body
    return Answer(error.status, error.headers or {}, body or b"", seconds)
