"""Texts as people leave them in a CRM, and those that break the programs which read them.

Belongs here: pools of 1,024, so that a draw needs no branch: a share is null, a share is awkward, the rest is plain.
Does not: names of people, companies and places (`sandbox.world.names`).
"""

from collections.abc import Sequence
from random import Random

POOL = 1_024

AWKWARD = (
    "NA", "N/A", "NULL", "null", "None", "NaN", "nan", "Nil", "undefined", "TRUE", "false", "-", "--", ".", "0", "?",
    " leading space", "trailing space ", "  both  ", "a,comma", 'a "quoted" word', "it's; an apostrophe", '"', "'",
    "back\\slash", "tab\there", "two\nlines", "carriage\r\nreturn", "emoji 🚀 here", "👩‍👩‍👧‍👦",
    "naïve café", "Müller & Söhne", "株式会社", "مرحبا", "zero\u200bwidth", "non\u00a0breaking", "e\u0301 combining",
    "=1+1", "@SUM(A1)", "+49", "<b>bold</b>", "&amp;", "%20", "001", "007", "1e5", "2026-02-30", "\\N", "#N/A", "{}",
    "[]", "ﬁ ligature", "x" * 80,
)  # fmt: skip

_OPENINGS = (
    "Call back about", "Waiting for", "Sent the proposal for", "Interested in", "Asked about", "Needs approval for",
    "Evaluating", "Met at the fair, discussed", "Renewal of", "Migrating to", "Budget set aside for", "No reply on",
    "Legal reviews", "Champion left, restart", "Competitor offers", "Happy with",
)  # fmt: skip
_OBJECTS = (
    "the pilot", "the renewal", "seat expansion", "the data room", "single sign-on", "the security review",
    "a second region", "onboarding", "the reporting add-on", "the API", "pricing tiers", "the roadmap", "training",
    "the dialer", "call coaching", "the integration",
)  # fmt: skip
_TIMES = (
    "next quarter",
    "in spring",
    "before year end",
    "after the merger",
    "this week",
    "as soon as possible",
)


def pool(plain: Sequence[str], nulls: float = 0.0, awkward: float = 0.0, seed: int = 1) -> list[str | None]:
    """Return 1,024 texts to draw from, the two shares of them null and awkward."""
    random = Random(seed)
    missing, odd = int(nulls * POOL), int(awkward * POOL)
    texts: list[str | None] = [None] * missing
    texts += [AWKWARD[(place + 40 * seed) % len(AWKWARD)] for place in range(odd)]
    texts += [plain[place % len(plain)] for place in range(POOL - missing - odd)]
    random.shuffle(texts)
    return texts


SENTENCES = [f"{opening} {thing} {when}" for opening in _OPENINGS for thing in _OBJECTS for when in _TIMES]
"""Short notes, as in a subject line or a custom text field."""

PARAGRAPHS = [
    ". ".join(SENTENCES[(start * 37 + step * 101) % len(SENTENCES)] for step in range(2 + start % 6)) + "."
    for start in range(300)
] + [f'{SENTENCES[start]}\n\n- {SENTENCES[start + 7]}\r\n- "{SENTENCES[start + 9]}", 🙂' for start in range(40)]
"""Long notes; some with blank lines, lists and quotes."""
