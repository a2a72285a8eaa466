"""The access token of a portal's calls: as it was given, or fetched for a refresh token and renewed before its end.

Belongs here: the OAuth call. Does not: who renews when (`crm.access.logins`), what a refusal means (`answers`).
"""

import time
from dataclasses import dataclass

from nooks_dagster.crm.access.json_text import parsed
from nooks_dagster.crm.access.keys import Grant
from nooks_dagster.crm.access.meaning import AGAIN
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.answers import refusal
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.lines import Line
from nooks_dagster.failures import Transient

SECONDS = 1800  # HubSpot's, where the answer does not say
USED_PART = 0.9  # of its life; calls that are under way when it ends are refused


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token; `ends` is when to renew it, by `time.monotonic`, None for one that does not end.

    `kept` is one that another process fetched.
    """

    text: str
    ends: float | None = None
    kept: bool = False

    def serves(self) -> bool:
        """Say whether it need not be renewed yet."""
        return self.ends is None or time.monotonic() < self.ends


def fetch(line: Line, credentials: Credentials, subject: str) -> Grant:
    """Return what a refresh token is exchanged for: it may come back as another one.

    Raises:
        Unauthorized: App or refresh token were refused.
        Transient: HubSpot did not answer, or made no sense.
    """
    form = [
        ("grant_type", "refresh_token"),
        ("client_id", credentials.client_id),
        ("client_secret", credentials.client_secret),
        ("refresh_token", credentials.refresh_token),
    ]
    answer = line.post_form(paths.TOKEN, form)
    if failure := refusal(answer, subject, login=True):
        raise failure
    body = parsed(answer.content)
    try:
        return Grant(
            str(body["access_token"]),
            seconds=USED_PART * float(body.get("expires_in", SECONDS)),
            refresh_token=str(body.get("refresh_token") or ""),
        )
    except (TypeError, LookupError, ValueError, AttributeError):
        raise Transient("The login's answer makes no sense.", subject=subject, next_step=AGAIN) from None
