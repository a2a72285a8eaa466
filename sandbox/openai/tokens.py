"""How many tokens a text has: one for each four bytes of UTF-8, begun ones included.

English has about four characters a token in OpenAI's own tokenizers, and other scripts more tokens a character; so do
bytes. It depends on nothing but the text, and the tokens of a prefix are a prefix of the tokens.

Belongs here: counting and cutting. Does not: prices (`models`), the cache of prefixes (`prompt_cache`).
"""

BYTES = 4
"""Of UTF-8 in a token."""


def count(text: str) -> int:
    """Return the tokens of a text."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES)


def first(text: str, tokens: int) -> str:
    """Return a text's first tokens, without a character that they cut in two."""
    return text.encode("utf-8", "surrogatepass")[: tokens * BYTES].decode("utf-8", "ignore")
