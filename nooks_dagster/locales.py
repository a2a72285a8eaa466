"""The languages and regions that people may choose, whether for one workspace or for all.

Belongs here: which there are, in any case of letters. Does not: where a choice is kept (`settings`, `calls.options`).
"""

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "ta": "Tamil",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""By ISO 639-1, as a model that translates is told."""


def language_of(text: str) -> str:
    """Return a language as ISO 639-1 writes it.

    Raises:
        ValueError: There is none such here.
    """
    language = text.strip().lower()
    if language not in LANGUAGES:
        raise ValueError(f"{text[:20]!r} is no language that is known here. Use one of {', '.join(LANGUAGES)}.")
    return language


def region_of(text: str) -> str:
    """Return a region as ISO 3166 writes it.

    Raises:
        ValueError: There is none such.
    """
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - 30 ms, which only who chooses one has to wait

    region = text.strip().upper()
    if region not in SUPPORTED_REGIONS:
        raise ValueError(f"{text[:20]!r} is no region of ISO 3166. Use its two letters, such as US, DE or GB.")
    return region
