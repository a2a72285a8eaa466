"""What changes on a page without its saying anything new: counters, the time of day, tokens.

Belongs here: the rules, one line each. Does not: whether a document is new (`research.reading.fingerprint`).

A date counts, because "announced on 3 November" is a fact; only the day of the fetch itself does not.
"""

import re
from datetime import date, timedelta

_UNIT = (
    r"(?:sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|sekunden?|minuten?|stunden?|tag(?:en?)?|wochen?"
    r"|monat(?:en?)?|secondes?|heures?|jours?|semaines?|mois|segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|[smhdw])"
)
_COUNTED = (
    r"(?:views?|visitors?|visits?|reads?|readers?|likes?|shares?|comments?|followers?|downloads?|online|people viewing"
    r"|aufrufe|besucher|leser|kommentare|vues|visiteurs|lectures|commentaires|visitas|vistas|visitantes|comentarios)"
)
# Bounded, like the marks below: a line of 60,000 letters is looked at from each of them, and what is looked for from
# there to its end takes minutes.
_NUMBER = r"\d[\d.,' ]{0,20}(?:[km]\b)?"
_RULES = (
    # 14:03, 14:03:59, 2:03 pm, 14h03
    re.compile(r"\b\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?(?:\s?(?:utc|gmt|cet|cest|est|edt|pst|pdt))?\b"),
    # 5 minutes ago, vor 5 Minuten, il y a 5 minutes, hace 5 minutos, just now
    re.compile(rf"\b(?:an?|one|\d+)\s?{_UNIT}\s+ago\b"),
    re.compile(rf"\bvor\s+(?:einer|einem|\d+)\s?{_UNIT}\b"),
    re.compile(rf"\b(?:il y a|hace)\s+(?:une?|una|un|\d+)\s?{_UNIT}\b"),
    re.compile(r"\b(?:just now|gerade eben|à l'instant|justo ahora)\b"),
    # 1,234 views; Besucher: 12
    re.compile(rf"\b{_NUMBER}\s?{_COUNTED}\b"),
    re.compile(rf"\b{_COUNTED}(?:\s+(?:today|heute|aujourd'hui|hoy))?\s?[:\uff1a]?\s?{_NUMBER}\b"),
    # © 2026, © 2011-2026
    re.compile(r"(?:©|\(c\)|copyright)\s*(?:\d{4}\s*[-\u2013\u2014]\s*)?\d{4}"),
    # UUIDs, hashes, session and request ids: letters and digits mixed
    re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    re.compile(r"\b(?=[a-z_-]{0,40}\d)(?=[\d_-]{0,40}[a-z])[0-9a-z_-]{16,}={0,2}(?![0-9a-z])"),
)
_MONTHS = (
    ("january", "jan", "januar", "janvier", "enero"),
    ("february", "feb", "februar", "février", "febrero"),
    ("march", "mar", "märz", "mars", "marzo"),
    ("april", "apr", "avril", "abril"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juni", "juin", "junio"),
    ("july", "jul", "juli", "juillet", "julio"),
    ("august", "aug", "août", "agosto"),
    ("september", "sep", "sept", "septembre", "septiembre"),
    ("october", "oct", "oktober", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "dezember", "décembre", "diciembre"),
)
MARK = "\x00"


def steady(line: str, today: re.Pattern[str]) -> str:
    """Return a line with a mark in place of each volatile part; only marks and punctuation if nothing else is in it."""
    text = today.sub(MARK, line.casefold())
    for rule in _RULES:
        text = rule.sub(MARK, text)
    return text


def says_something(line: str) -> bool:
    """Say whether a steady line has a letter or a digit left."""
    return any(letter.isalnum() for letter in line)


def days_around(day: date) -> re.Pattern[str]:
    """Return what finds the day of a fetch, and its neighbours (the site's clock is elsewhere), as pages write days."""
    spelled = [one for offset in (-1, 0, 1) for one in _spellings(day + timedelta(days=offset))]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)")


def _spellings(day: date) -> list[str]:
    months = "|".join(_MONTHS[day.month - 1])
    d, m, y = f"0?{day.day}", f"0?{day.month}", str(day.year)
    return [
        rf"{y}-{day.month:02}-{day.day:02}(?:t[\d:.]+z?)?",
        rf"{y}/{m}/{d}",
        rf"{d}[./-]{m}[./-]{y}",
        rf"{m}/{d}/{y}",
        rf"{d}(?:st|nd|rd|th|\.|er)?\s+(?:de\s+)?(?:{months})\.?,?\s+(?:de\s+)?{y}",
        rf"(?:{months})\.?\s+{d}(?:st|nd|rd|th)?,?\s+{y}",
    ]
