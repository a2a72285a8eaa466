"""Which language something is said in: as the model tells, and by the words where it leaves a choice.

Belongs here: the choice. Does not: what is done in which language (`calls.stages.translate`).
"""

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from nooks_dagster.llm.languages import code_of

UNKNOWN = "und"
TELLING = 12
"""Letters from which on words tell their language: `Okay, sure.` is Kabyle to the identifier. One of Arabic or Cyrillic
tells as much as two of Latin, and one of Japanese as three: as many bytes as UTF-8 has for it."""
_LOADING = threading.Lock()


def languages_of(sentences: Sequence[str], told: Sequence[str], usual: str) -> Sequence[str]:
    """Return a language for each sentence.

    Args:
        sentences: Of one voice, in order.
        told: Languages that the model heard: one is that of all; of several each sentence has the likeliest.
        usual: The workspace's: what is too short to tell is in it, where the model does not exclude it.
    """
    if len(told) == 1:
        return [told[0]] * len(sentences)
    whole = " ".join(sentences)
    main = likeliest(whole, told) or (usual if usual in told or not told else told[0])
    plausible = told or tuple({main, usual})
    return [likeliest(sentence, plausible) or main for sentence in sentences]


def likeliest(text: str, among: Sequence[str]) -> str | None:
    """Return the likeliest language of a text, of all if `among` is empty; None where it does not tell."""
    if _letters(text) < TELLING:
        return None
    ranked: Sequence[tuple[str, float]] = _identifier().rank(text)
    codes = (code_of(language) for language, _ in ranked)
    return next((code for code in codes if code and (not among or code in among)), None)


def _letters(text: str) -> int:
    return sum(len(letter.encode()) for letter in text if letter.isalpha())


def _identifier() -> Any:
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> Any:
    """Return the identifier: 1.3 s and 100 MB, so only once it is needed, and by one thread."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
