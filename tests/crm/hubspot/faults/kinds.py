"""Every fault of the sandbox's portals, in a form that comes and goes: what a sync must get over by itself.

Belongs here: the lists, `PASSING` of calls that fail, `LIES` of pages that are not what they say.
Does not: what must come of them.
"""

from typing import Any

import pytest

Words = dict[str, Any]

# The end of a list has no count. It is believed when it is told twice in a row, so every second answer may lie, if no
# call of another reader comes in between.
ONE_BY_ONE = pytest.mark.parametrize("rig", [1], indirect=True, ids=["one by one"])

_JSON = {"kind": "answer", "body": "json"}
_EMPTY = {"kind": "answer", "body": "empty"}

PASSING: dict[str, list[Words]] = {
    "dead tokens": [{"kind": "dead_token", "every": 9}],
    "words to slow down": [
        {**_JSON, "status": 429, "every": 7},
        {**_JSON, "status": 429, "code": "SECONDLY", "retry_after": 1, "calls": "search", "every": 3},
        {**_JSON, "status": 423, "retry_after": 2, "every": 11},
        {**_JSON, "status": 477, "retry_after": 1, "every": 13},
    ],
    "a spent day": [{**_JSON, "status": 429, "code": "DAILY", "after": 12, "times": 3}],
    "broken servers": [
        {"kind": "answer", "status": 502, "every": 6},
        {**_EMPTY, "status": 504, "every": 7},
        {"kind": "answer", "status": 524, "every": 11},
        {**_EMPTY, "status": 521, "every": 13},
        {**_JSON, "status": 500, "every": 17},
    ],
    "outages": [{"kind": "outage", "uptime": 0.7, "period_seconds": 0.5}],
    "cut connections and bodies": [{"kind": "cut", "every": 5}, {"kind": "cut", "share": 0.6, "every": 4}],
    "a gzip stream that ends early": [{"kind": "cut_gzip", "every": 3}],
    "slow pages": [
        {"kind": "slow", "bytes_per_second": 200_000, "first_byte_seconds": 0.02, "most_seconds": 0.1, "every": 3}
    ],
}

LIES: dict[str, list[Words]] = {
    "short pages": [{"kind": "short_page", "every": 2, "times": 9}],
    "pages of others": [{"kind": "page_again", "every": 2, "times": 4}],
    "rows that come twice": [{"kind": "rows_again", "every": 2, "times": 9}],
    "rows left out": [{"kind": "missing", "every": 2, "times": 3}],
    "lists that end in the middle": [{"kind": "last_page", "every": 2, "times": 9}],
}
