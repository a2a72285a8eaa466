"""What is said in a call: turns, by the kind of call.

Belongs here: choosing sentences and languages. Does not: the sentences (`phrases`), sound (`speaking`).
"""

import random
from collections.abc import Callable, Iterator, Mapping

from sandbox.calls.phrases.translating import PHRASES, Phrase, Sentence
from sandbox.calls.speaking import Role, Turn

_LANGUAGES = {"en": 12, "es": 3, "de": 3, "fr": 2}
_NAMES = ("Ana Ruiz", "Tom Becker", "Priya Nair", "Luc Moreau", "Dana Cole")
_COMPANIES = ("Globex", "Initech", "Umbrella Labs", "Hooli", "Acme")
_CARDS = ("4111 1111 1111 1111", "5500 0000 0000 0004", "3400 000000 00009", "6011 0000 0000 0004")
"""Test numbers of card companies, each with a right check digit."""
_BY_KIND: Mapping[str, tuple[Phrase, ...]] = {
    kind: tuple(phrase for phrase in PHRASES if phrase.kind == kind) for kind in {phrase.kind for phrase in PHRASES}
}


class Script:
    """One call's chance and languages.

    Args:
        chance: Of this call alone.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        language = chance.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
        mixed = chance.random() < 0.15
        self._languages: Mapping[Role, str] = {"rep": "en" if mixed else language, "prospect": language}
        self._values = _values(chance)

    def talk(self) -> Iterator[Turn]:
        """Yield turns of a conversation, for as long as they are asked for."""
        yield self._turn("rep", "greeting", "pitch")
        while True:
            details = self._chance.random() < 0.35
            yield self._turn("prospect", "answer", *(["detail"] if details else []))
            yield self._turn("rep", *self._chance.choice((["pitch"], ["pitch", "closing"], ["detail"])))

    def voicemail(self) -> Iterator[Turn]:
        """Yield what a machine says, and what is left on it."""
        yield self._turn("prospect", "machine")
        yield self._turn("rep", "greeting", "message", "detail")

    def wrong_number(self) -> Iterator[Turn]:
        """Yield the few words of a call to somebody else."""
        yield self._turn("rep", "greeting")
        yield self._turn("prospect", "wrong")
        yield self._turn("rep", "sorry")

    def _turn(self, role: Role, *kinds: str) -> Turn:
        sentences = tuple(Sentence(self._chance.choice(_BY_KIND[kind]), self._values) for kind in kinds)
        return Turn(role, self._languages[role], sentences)


SCRIPTS: Mapping[str, Callable[[Script], Iterator[Turn]]] = {
    "talk": Script.talk,
    "voicemail": Script.voicemail,
    "wrong_number": Script.wrong_number,
}


def _values(chance: random.Random) -> Mapping[str, str]:
    rep, domain = chance.choice(_NAMES), f"{chance.choice(('north', 'south', 'east'))}wind.example"
    return {
        "rep": rep,
        "company": chance.choice(_COMPANIES),
        "phone": f"+1 {chance.choice((212, 415, 617))} 555 {chance.randrange(100, 200):04}",
        "email": f"{rep.lower().replace(' ', '.')}@{domain}",
        "card": chance.choice(_CARDS),
    }
