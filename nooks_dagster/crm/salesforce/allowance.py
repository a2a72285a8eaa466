"""The allowance of an org as `Sforce-Limit-Info` tells it.

Belongs here: that header. Does not: counting calls (`crm.access.meter`), holding them back (`crm.access.throttle`).
"""

import re

# "api-usage=18/5000", or "per-app-api-usage=17/250(appName=x); api-usage=25/5000": ours stands anywhere.
_ORG_USAGE = re.compile(r"(?<![\w-])api-usage\s*=\s*(\d+)\s*/\s*(\d+)")


def org_usage(header: str) -> tuple[int, int] | None:
    """Return (used, limit) of the org's rolling 24 hours from a `Sforce-Limit-Info` header."""
    found = _ORG_USAGE.search(header)
    return (int(found[1]), int(found[2])) if found else None
