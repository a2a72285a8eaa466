"""What a prompt's words ask for, and how carefully they have it read.

Belongs here: kinds of fact that are asked for, and the warnings that a prompt gives.
Does not: which of them a schema has room for (`matching`).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sandbox.openai.reader.vocabulary import WORDS

_DATA = re.compile(
    r"\b(documents?|pages?|texts?|contents?|input)\b[^.\n]{0,120}"
    r"\b(data|untrusted|not (an? )?instructions?|never instructions?)\b"
    r"|\b(never|not|don't)\b[^.\n]{0,40}\b(follow|obey|act on)\b[^.\n]{0,60}\b(instructions?|commands?|requests?)\b"
    r"|\bignore\b[^.\n]{0,40}\b(instructions?|commands?)\b[^.\n]{0,40}\b(in|within|inside|of)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\bpast\b|\bno longer\b|\bformer(ly)?\b|\bnegat|\bdenie[sd]\b|\bdenial|\bstill (holds|true|uses?|in use)\b"
    r"|\bcurrent(ly)?\b|\bmoved away\b|\bplans?\b|\bhypothetical",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(other|another|different)\b[^.\n]{0,30}\b(compan|organi[sz]ation|firm|customer|compet)|\bcompetitor|\b(the )?"
    r"(company|account)(['\u2019]s)? (itself|own)\b|\bits own\b|\bonly (about|of) (this|the) (company|account)\b",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"\bshared?\b[^.\n]{0,40}\b(investor|partner|customer|client|backer)|\bin common\b|\b(investor|backer|partner|"
    r"customer|client)s?\b[^.\n]{0,80}\b(also|both|shared|own)\b",
    re.IGNORECASE,
)
_MOST = re.compile(r"\b(?:at most|no more than|up to) (\d+) (?:findings|items|entries|results|answers)", re.IGNORECASE)
_OWN = re.compile(r"\b(asker|workspace|seller|user|our)['\u2019]?s?\b[^.\n]{0,20}\bown\b|`own`|\"own\"", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        kinds: Of fact.
        guarded: Whether it is said that documents are data.
        not_past: Whether it is said that what no longer holds does not count.
        not_others: Whether it is said that what is told of others does not count.
        shared: Whether only what the asker has in common with the company is wanted.
        names_own: Whether the asker's own facts are spoken of.
        most: Findings that are wanted, or None for all.
    """

    kinds: frozenset[str]
    guarded: bool
    not_past: bool
    not_others: bool
    shared: bool
    names_own: bool
    most: int | None


@lru_cache(maxsize=1024)
def read_question(instructions: str) -> Question:
    """Read what a prompt's words ask for; a prompt has few fixed words, so most are read once."""
    most = _MOST.search(instructions)
    return Question(
        kinds=frozenset(kind for kind, words in WORDS.items() if words.search(instructions)),
        guarded=bool(_DATA.search(instructions)),
        not_past=bool(_PAST.search(instructions)),
        not_others=bool(_OTHERS.search(instructions)),
        shared=bool(_SHARED.search(instructions)),
        names_own=bool(_OWN.search(instructions)),
        most=int(most[1]) if most else None,
    )
