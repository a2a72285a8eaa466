"""What a portal's contract says: how much may be asked, how long a token is good for.

Belongs here: the numbers. Does not: acting on them (`limits`, `oauth`, `exports`, `searching`).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every portal. The defaults are those of a Professional account.

    Args:
        requests_per_10_seconds: Of the private app, in any ten seconds.
        oauth_requests_per_10_seconds: Of the OAuth app.
        searches_per_second: Of all apps of the account together.
        association_requests_per_10_seconds: Of an app, beside its other requests.
        daily_requests: Of the account, up to midnight where it is.
        daily_association_requests: Beside the other requests of the day.
        retry_after_every: Every n-th 429 says how long to wait; 1 all of them, 0 none.
        search_characters: Of the body of a search; 0 for any number.
        token_seconds: How long an OAuth token is good for.
        daily_exports: In 24 hours.
        export_seconds: What an export takes, by the portal's clock.
        refresh_grace: For how many seconds a refresh token that was used is still good; infinite: none rotates.
        hidden: Types that the apps may not see, by name, with commas between.
    """

    requests_per_10_seconds: int = 190
    oauth_requests_per_10_seconds: int = 110
    searches_per_second: int = 5
    association_requests_per_10_seconds: int = 100
    daily_requests: int = 625_000
    daily_association_requests: int = 500_000
    retry_after_every: int = 2
    search_characters: int = 3000
    token_seconds: int = 1800
    daily_exports: int = 30
    export_seconds: float = 1.0
    refresh_grace: float = math.inf
    hidden: str = ""
