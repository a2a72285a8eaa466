"""On which terms OpenAI answers: how fast, how much, how often wrongly.

Belongs here: the numbers. Does not: acting on them (`chance`, `http.limits`).
"""

import math
from dataclasses import dataclass

_Z99 = 2.3263478740408408
"""Standard deviations above its mean below which 99 % of a normal distribution lie."""
_SHARES = ("server_errors", "overloads", "unanswered", "refusals", "truncations", "malformed", "invented_quotes")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every key. By default nothing goes wrong, at the pace of a small model under load.

    Shares are of the requests that are let in, from 0 to 1; each request meets at most one of them.

    Args:
        requests_per_minute: Of one key and model (30,000 is tier 5).
        tokens_per_minute: Likewise; the input and what the output may have.
        limit_window_seconds: In which both are enforced: 60,000 a minute may be 1,000 a second.
        credit_usd: What one key may buy; beyond it `insufficient_quota`.
        mean_seconds: Of the lognormal time that an answer takes.
        p99_seconds: That 99 % of them take at most.
        audio_requests_per_minute: Of one key and model that transcribes (10,000 is tier 5).
        audio_base_seconds: Of the mean time that a transcription takes, whatever its length; spread as answers are.
        audio_speed: Seconds of audio that are heard in one second beside it.
        time_scale: Factor on all durations; 0.1 is a world ten times as fast, 0 one that takes no time.
        seed: Of all chance.
        server_errors: Share that is answered 500 and not billed.
        overloads: Share that is answered 503 and not billed.
        unanswered: Share that is billed, and whose reply never comes.
        hang_seconds: After which the connection of such a request is cut.
        refusals: Share that the model declines, in words, and bills.
        truncations: Share that ends early, as if `max_output_tokens` was reached.
        malformed: Share whose text is no JSON, whatever the format.
        invented_quotes: Share whose quotes stand in no document; of translations, share that leaves a text out.
        gullible: Share of the prompts with an injected instruction that is obeyed whatever the prompt's own rules say.
    """

    requests_per_minute: int = 30_000
    tokens_per_minute: int = 180_000_000
    limit_window_seconds: float = 60.0
    credit_usd: float = math.inf
    mean_seconds: float = 2.0
    p99_seconds: float = 8.0
    audio_requests_per_minute: int = 10_000
    audio_base_seconds: float = 0.4
    audio_speed: float = 20.0
    time_scale: float = 1.0
    seed: int = 1
    server_errors: float = 0.0
    overloads: float = 0.0
    unanswered: float = 0.0
    hang_seconds: float = 600.0
    refusals: float = 0.0
    truncations: float = 0.0
    malformed: float = 0.0
    invented_quotes: float = 0.0
    gullible: float = 0.0

    def __post_init__(self) -> None:
        shares = {name: float(getattr(self, name)) for name in (*_SHARES, "gullible")}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the term {name} is a share from 0 to 1, and {share:g} is none")
        if sum(shares[name] for name in _SHARES) > 1:
            raise ValueError(f"the shares {', '.join(_SHARES)} are together more than 1")
        if self.audio_base_seconds < 0 or self.audio_speed <= 0:
            raise ValueError("audio_base_seconds must be at least 0, audio_speed above 0")
        if self.time_scale < 0 or self.mean_seconds <= 0 or not 1 <= self.p99_seconds / self.mean_seconds < 14.9:
            raise ValueError("mean_seconds must be above 0, p99_seconds 1 to 14.9 times as much, time_scale at least 0")

    @property
    def spread(self) -> float:
        """Sigma of the lognormal distribution that has this mean and this 99th percentile."""
        return _Z99 - math.sqrt(_Z99**2 - 2 * math.log(self.p99_seconds / self.mean_seconds))

    def audio_mean(self, seconds: float) -> float:
        """Return the mean time that transcribing so much audio takes."""
        return self.audio_base_seconds + seconds / self.audio_speed

    @property
    def median_seconds(self) -> float:
        """Its median."""
        return self.mean_seconds * math.exp(-(self.spread**2) / 2)
