"""The refresh token flow, which simple-salesforce does not know: a session for a token that a user gave the app.

Belongs here: that one call.
Does not: whose turn it is, and keeping a refresh token that comes back (`crm.access.keys`).
"""

from urllib.parse import urlsplit

from nooks_dagster.crm.access.keys import Grant
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.lines import Line


def refreshed(line: Line, credentials: Credentials) -> Grant:
    """Return what a refresh token is exchanged for.

    Raises:
        Failure: What the org answered.
        ValueError, TypeError, LookupError: The answer lacks what a session needs.
    """
    form = {"grant_type": "refresh_token", "client_id": credentials.consumer_key}
    form["refresh_token"] = credentials.refresh_token
    if credentials.consumer_secret:
        form["client_secret"] = credentials.consumer_secret
    body = line.post(f"https://{credentials.host}/services/oauth2/token", data=form).json()
    host = urlsplit(body["instance_url"]).netloc
    if not host:
        raise ValueError("no host")
    return Grant(str(body["access_token"]), host, refresh_token=str(body.get("refresh_token") or ""))
