"""What the account is, and what it used today.

Belongs here: `/account-info/v3/*`. Does not: counting (`usage`).
"""

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.days import midnight
from sandbox.hubspot.http.replies import Reply, json_reply
from sandbox.hubspot.moments import written


def details(call: Call) -> Reply:
    """Answer what the account is."""
    return json_reply(
        {
            "portalId": call.portal.hub_id,
            "accountType": "STANDARD",
            "timeZone": "US/Eastern",
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": "-05:00",
            "utcOffsetMilliseconds": -18_000_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def private_apps_usage(call: Call) -> Reply:
    """Answer how many calls private apps made today, and when the day ends."""
    now = call.portal.now()
    told = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.services.limits.daily("api"),
        "currentUsage": call.services.usage.used(call.portal.name, "api", now),
        "collectedAt": written(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": written(midnight(now)),
    }
    return json_reply({"results": [told]})
