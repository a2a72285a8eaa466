"""E-mail addresses in a text, written or spoken: `jane@example.com`, `jane(at)example.com`, `jane at example dot com`.

Belongs here: their form in the languages of calls. Does not: what becomes of them (`privacy.redaction`).

A spoken one is told by its end, `dot com`, and by what stands before `at`: "look at example dot com" names no person.
Every repetition has a bound or a single way to match, so that no text takes longer than its length allows.
"""

import re
from collections.abc import Iterator

from nooks_dagster.privacy.spans import Span

_WRITTEN = re.compile(
    r"""
    (?<![\w.%+-])[\w.%+-]+(?:[ ]?@[ ]?|\s?[(\[]\s?at\s?[)\]]\s?)
    [\w-]+(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Transcribers put a comma where somebody pauses; behind a full stop a sentence begins: "Stay at home. Point is we ...".
_PAUSE, _DOT = r",?\s", r"(?:dot|punkt|punto|ponto|point)"
_SPOKEN = re.compile(
    rf"""
    (?<![\w'\u2019])
    (?P<who>[\w.+'\u2019-]{{1,64}}(?:{_PAUSE}(?:{_DOT}|underscore|dash|minus){_PAUSE}[\w+-]{{1,64}}){{0,4}})
    {_PAUSE}(?:at|\u00e4t|arroba|arobase|chiocciola|klammeraffe){_PAUSE}
    [\w-]{{1,63}}(?:(?:\.|{_PAUSE}{_DOT}{_PAUSE})[\w-]{{1,63}}){{0,3}}
    (?:\.|{_PAUSE}{_DOT}{_PAUSE})
    (?:com|org|net|edu|gov|info|biz|pro|name|mobi|dev|app|tech|online|cloud|agency|store|xyz|consulting|digital|group
        |solutions|services|software|systems|ventures|[a-z]{{2}})(?!\w)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOBODY = re.compile(
    r"""
    look(?:s|ed|ing)? | f(?:i|ou)nd | see | visit | meet | work(?:s|ed|ing)? | us | me | it | that | this | is | are
    | am | was | were | be | been | here | there | online | page | site | website | demo | people | team | everyone
    | and | or | up | out | back | \w+['\u2019](?:re|m|s|ve|ll|d)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def emails(text: str) -> Iterator[Span]:
    """Yield the places of e-mail addresses; two may overlap."""
    yield from (Span(*found.span(), "email") for found in _WRITTEN.finditer(text))
    for found in _SPOKEN.finditer(text):
        if not _NOBODY.fullmatch(found["who"]):
            yield Span(*found.span(), "email")
