"""`GET /v1/models`: what is on sale.

Belongs here: the list and its entries. Does not: the models (`sandbox.openai.models`, `speech_models`).
"""

from typing import Any

from sandbox.openai.http.errors import unknown_model
from sandbox.openai.http.replies import Reply
from sandbox.openai.models import MODELS
from sandbox.openai.speech_models import SPEECH_MODELS

_CREATED = {name: model.created for name, model in MODELS.items()}
_CREATED |= {name: model.created for name, model in SPEECH_MODELS.items()}


def listed() -> Reply:
    """Return all models."""
    return Reply({"object": "list", "data": [_entry(name) for name in _CREATED]})


def shown(name: str) -> Reply:
    """Return one model.

    Raises:
        Refused: There is none of that name.
    """
    if name not in _CREATED:
        raise unknown_model(name)
    return Reply(_entry(name))


def _entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED[name], "owned_by": "system"}
