"""How many tokens a prompt can have at most.

Belongs here: the count, on the safe side. Does not: prices.

OpenAI's encodings work on bytes: each token stands for one byte or more, so no text has more tokens than bytes, however
odd it is (English has a quarter as many, Chinese a third, random letters a half). A reservation lasts for seconds, so
a high bound costs nothing but a cap's last cents; a low one would break the cap.
"""

import json

from nooks_dagster.failures import Permanent
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.schemas import strict_schema

FRAMING = 200
"""Tokens around the parts of a prompt: roles, separators, the schema's preamble."""
LONG_CONTEXT = 272_000
"""Tokens of input above which other prices hold."""


def tokens_at_most(ask: Ask) -> int:
    """Return how many tokens of input a question can have at most.

    Raises:
        Permanent: It may be priced otherwise, or cannot be sent.
    """
    schema = json.dumps(strict_schema(ask.answer))
    try:
        tokens = FRAMING + sum(len(text.encode()) for text in (ask.instructions, ask.input, schema))
    except UnicodeEncodeError:
        raise Permanent("The prompt holds half a character.", subject=f"{ask.purpose} of {ask.subject}") from None
    if tokens > LONG_CONTEXT:
        raise Permanent(
            f"The prompt has {tokens:,} bytes, more than the {LONG_CONTEXT:,} that the price surely holds for.",
            subject=f"{ask.purpose} of {ask.subject}",
            next_step="Give it fewer or shorter documents.",
        )
    return tokens
