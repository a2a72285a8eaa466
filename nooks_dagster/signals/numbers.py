"""Numbers as people write them in a sentence: 12.5 million, 12,5 Mio., 1 250 000, $40m, 30 crore, 1億5000万円.

Belongs here: which numbers a text may mean. Does not: which one it should (`signals.checks`).
"""

import re
from collections.abc import Iterator

# Where languages differ (a Portuguese "mi" is a million, an English one a mile), the larger: it only may be meant.
_SCALES = {
    1e12: r"billionen|trilh\w+|trill?i\w+|bln|兆|조|t",
    1e9: r"mil\smillones|mill?iard\w*|miljard\w*|billion[a-z]*|bilh\w+|milyar\w*|mrd|ml?r?d|mdr|mds|mia|млрд|bn|bi|b",
    1e8: r"億|亿|억",
    1e7: r"crores?|cr|千万|천만",
    1e6: r"mill?ion\w*|mill[oó]n(?:es)?|miljo\w+|milh\w+|milyon\w*|mln|млн|mio|mn|mm|mi|百万|백만|m",
    1e5: r"lakhs?|lacs?",
    1e4: r"万|萬|만",
    1e3: r"tausend|thousand|tsd|tys|тыс|mill?e?|千|천|k",
}
_DENSE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
"""Letters that stand beside a number without a space, and are no part of it."""
_LETTER = re.compile(f"[{_DENSE}]")
_NUMBER = re.compile(
    rf"(?<![^\W{_DENSE}])(?<![.,])[$€£¥]?\s?"
    r"(?P<digits>\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)\s?-?"
    rf"(?:{'|'.join(f'(?P<e{factor:.0f}>{words})' for factor, words in _SCALES.items())})?"
    rf"(?:(?<=[{_DENSE}])(?=\d)|(?![^\W{_DENSE}]))",
    re.IGNORECASE,
)
_FACTORS = {f"e{factor:.0f}": factor for factor in _SCALES}
TOLERANCE = 0.005  # "12.5 million" for 12,480,000


def mentions(text: str, value: float) -> bool:
    """Say whether a text may mean a number, to within half a percent."""
    return any(abs(number - value) <= TOLERANCE * max(abs(value), 1e-9) for number in numbers(text))


def numbers(text: str) -> Iterator[float]:
    """Yield every number that a text may mean; where languages differ (1.250), each reading."""
    larger, end = 0.0, -1
    for match in _NUMBER.finditer(text):
        factor = _FACTORS.get(match.lastgroup or "", 1.0)
        found = [plain * factor for plain in _readings(match["digits"])]
        yield from found
        if match.start() == end and _LETTER.match(text[end - 1]):  # 1億5000万: one number in two parts
            yield from (larger + one for one in found)
        larger, end = found[0], match.end()


def _readings(digits: str) -> set[float]:
    plain = re.sub(r"[ '\u00a0\u202f]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return {float(plain)}
    whole, _, fraction = plain.rpartition(separators[-1])
    decimal = float(f"{re.sub('[.,]', '', whole)}.{fraction}")
    grouped = float(re.sub(r"[.,]", "", plain))
    if len(separators) > 1:
        return {decimal} if len(set(separators)) > 1 else {grouped}
    return {decimal, grouped} if len(fraction) == 3 else {decimal}
