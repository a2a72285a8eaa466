"""`GET /v1/models`: what is on sale.

Belongs here: the list and its entries. Does not: the models (`sandbox.openai.models`).
"""

from typing import Any

from sandbox.openai.http.errors import unknown_model
from sandbox.openai.http.replies import Reply
from sandbox.openai.models import MODELS


def listed() -> Reply:
    """Return all models."""
    return Reply({"object": "list", "data": [_entry(name) for name in MODELS]})


def shown(name: str) -> Reply:
    """Return one model.

    Raises:
        Refused: There is none of that name.
    """
    if name not in MODELS:
        raise unknown_model(name)
    return Reply(_entry(name))


def _entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": MODELS[name].created, "owned_by": "system"}
