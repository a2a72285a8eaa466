"""Languages as models name them: `en`, `en-US`, `english`, `iw`; here they have one name each, that of ISO 639-1.

Belongs here: reading a name. Does not: which language something is said in (`calls.speech.languages`).
"""

import re

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]+)?")
# Codes that were replaced, forms of Norwegian and Chinese that have codes of their own, and longer ones of the shorter.
_CODES = "iw=he in=id ji=yi jw=jv mo=ro sh=sr nb=no nn=no nob=no nno=no cmn=zh yue=zh fil=tl"
_ALIASES = {code: usual for code, _, usual in (pair.partition("=") for pair in _CODES.split())}
# Of whisper-1, which writes them out.
_WRITTEN = """
    afrikaans=af albanian=sq amharic=am arabic=ar armenian=hy assamese=as azerbaijani=az bashkir=ba basque=eu
    belarusian=be bengali=bn bosnian=bs breton=br bulgarian=bg burmese=my cantonese=zh castilian=es catalan=ca
    chinese=zh croatian=hr czech=cs danish=da dutch=nl english=en estonian=et faroese=fo finnish=fi flemish=nl
    french=fr galician=gl georgian=ka german=de greek=el gujarati=gu haitian=ht haitian-creole=ht hausa=ha hebrew=he
    hindi=hi hungarian=hu icelandic=is indonesian=id italian=it japanese=ja javanese=jv kannada=kn kazakh=kk khmer=km
    korean=ko lao=lo latin=la latvian=lv letzeburgesch=lb lingala=ln lithuanian=lt luxembourgish=lb macedonian=mk
    malagasy=mg malay=ms malayalam=ml maltese=mt mandarin=zh maori=mi marathi=mr moldavian=ro moldovan=ro
    mongolian=mn myanmar=my nepali=ne norwegian=no nynorsk=no occitan=oc panjabi=pa pashto=ps persian=fa polish=pl
    portuguese=pt punjabi=pa pushto=ps romanian=ro russian=ru sanskrit=sa serbian=sr shona=sn sindhi=sd sinhala=si
    sinhalese=si slovak=sk slovenian=sl somali=so spanish=es sundanese=su swahili=sw swedish=sv tagalog=tl tajik=tg
    tamil=ta tatar=tt telugu=te thai=th tibetan=bo turkish=tr turkmen=tk ukrainian=uk urdu=ur uzbek=uz valencian=ca
    vietnamese=vi welsh=cy yiddish=yi yoruba=yo
"""
_NAMES = {name: code for name, _, code in (pair.partition("=") for pair in _WRITTEN.split())}


def code_of(name: str) -> str | None:
    """Return the code of a language (ISO 639-1), None if nobody knows what is meant.

    Args:
        name: A code, with or without a script or country, or an English name; in any case.
    """
    plain = "-".join(name.lower().split())
    if plain in _NAMES:
        return _NAMES[plain]
    tag = _TAG.fullmatch(plain)
    if tag is None:
        return None
    code = _ALIASES.get(tag[1], tag[1])
    return code if len(code) == 2 else None
