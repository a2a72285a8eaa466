"""How much may be asked: in ten seconds, in a second, in a day, and what is told to whom asks for more.

Belongs here: the windows, the headers, the three policies of 429.
Does not: the numbers (`terms`), the calls of the day (`usage`).
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.counters import Counters
from sandbox.hubspot.http import errors
from sandbox.hubspot.http.days import midnight
from sandbox.hubspot.http.replies import Reply, as_json
from sandbox.hubspot.http.terms import Terms
from sandbox.hubspot.http.tokens import Holder
from sandbox.hubspot.http.usage import Usage

Headers = dict[str, str]


class Window:
    """The calls of the last milliseconds; what it lets through is never more than its limit in any such span."""

    def __init__(self, limit: int, span: int) -> None:
        self.limit = limit
        self._span = span
        self._calls: deque[int] = deque()

    def left(self, now: int) -> int:
        """Return how many more calls may come."""
        while self._calls and self._calls[0] <= now - self._span:
            self._calls.popleft()
        return self.limit - len(self._calls)

    def add(self, now: int) -> None:
        """Count a call."""
        self._calls.append(now)

    def wait(self, now: int) -> int:
        """Return the seconds, rounded up, until another call may come."""
        return -(-(self._calls[0] + self._span - now) // 1000) if self._calls else 1


class RateLimited(Exception):
    """A call too many, and what is answered."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class _Rule:
    """What holds for a call: which calls it is counted with, in which span, and with which of the day (None: none).

    `told` is whether headers say what is left.
    """

    name: str
    limit: int
    span: int = 10_000
    policy: str = "TEN_SECONDLY_ROLLING"
    day: str | None = None
    told: bool = True


class Limits:
    """The limits of every portal; called by the event loop alone.

    Args:
        terms: The numbers.
        usage: The calls of the day.
        counters: Count the violations.
    """

    def __init__(self, terms: Terms, usage: Usage, counters: Counters) -> None:
        self._terms = terms
        self._usage = usage
        self._counters = counters
        self._windows: dict[tuple[str, str], tuple[Window, Window]] = {}
        self._refused = 0

    def spend(self, holder: Holder, kind: str, now: int) -> Headers:
        """Count one call of a kind, and return the headers that tell what is left.

        Raises:
            RateLimited: There may be no more of them now; the call is not counted.
        """
        if holder.oauth and kind == "account":
            return {}
        rule = self._rule(holder, kind)
        span, second = self._windows_of(holder.portal, rule)
        if span.left(now) < 1:
            raise self._too_many(holder.portal, rule.policy, span.wait(now), self._told(rule, span, second, now))
        used = None
        if rule.day is not None:
            used = self._usage.spend(holder.portal, rule.day, now, self.daily(rule.day))
            if used is None:
                wait = (midnight(now) - now) // 1000 + 1
                told = self._told(rule, span, second, now) | self._told_day(rule, self.daily(rule.day))
                raise self._too_many(holder.portal, "DAILY", wait, told)
        span.add(now)
        second.add(now)
        return self._told(rule, span, second, now) | self._told_day(rule, used)

    def daily(self, pool: str) -> int:
        """Return the calls of a pool that a day may have."""
        terms = self._terms
        return terms.daily_association_requests if pool == "associations" else terms.daily_requests

    def _rule(self, holder: Holder, kind: str) -> _Rule:
        terms, app = self._terms, "OAuth" if holder.oauth else "private"
        day = None if holder.oauth else "api"
        if kind == "search":
            return _Rule("search", terms.searches_per_second, 1000, "SECONDLY", day, told=False)
        if kind == "associations":
            own = None if holder.oauth else "associations"
            return _Rule(f"associations {app}", terms.association_requests_per_10_seconds, day=own)
        limit = terms.oauth_requests_per_10_seconds if holder.oauth else terms.requests_per_10_seconds
        return _Rule(app, limit, day=day)

    def _windows_of(self, portal: str, rule: _Rule) -> tuple[Window, Window]:
        """Return the window of a rule, and one of a second, which only headers tell of."""
        found = self._windows.get((portal, rule.name))
        if found is None:
            made = Window(rule.limit, rule.span), Window(rule.limit // 10, 1000)
            found = self._windows[portal, rule.name] = made
        return found

    def _told(self, rule: _Rule, span: Window, second: Window, now: int) -> Headers:
        if not rule.told:
            return {}
        return {
            "X-HubSpot-RateLimit-Max": str(span.limit),
            "X-HubSpot-RateLimit-Remaining": str(max(span.left(now), 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(rule.span),
            "X-HubSpot-RateLimit-Secondly": str(second.limit),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(max(second.left(now), 0)),
        }

    def _told_day(self, rule: _Rule, used: int | None) -> Headers:
        if used is None or rule.day is None or not rule.told:
            return {}
        daily = self.daily(rule.day)
        return {
            "X-HubSpot-RateLimit-Daily": str(daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(daily - used, 0)),
        }

    def _too_many(self, portal: str, policy: str, seconds: int, told: Headers) -> RateLimited:
        self._counters.violation(portal, policy)
        self._refused += 1
        every = self._terms.retry_after_every
        if every and self._refused % every == 0:
            told = told | {"Retry-After": str(seconds)}
        return RateLimited(too_many(policy, portal, told))


def too_many(policy: str, portal: str, headers: Mapping[str, str]) -> Reply:
    """Return the 429 of a policy: `TEN_SECONDLY_ROLLING`, `SECONDLY` or `DAILY`."""
    said = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": errors.correlation_id(),
        "policyName": policy,
        "groupName": f"publicapi:sandbox:{portal}",
    }
    return Reply(as_json(said), 429, headers)
