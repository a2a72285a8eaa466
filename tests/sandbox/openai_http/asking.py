"""Asking the model for findings: of products, or of any form."""

from typing import Any, Literal

from pydantic import create_model

from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import Evidence, format_of, request


def products(api: Api, given: Any, **options: Any) -> list[str]:
    answer = api.respond(request(given, **options)).answer
    assert answer["status"] == ("found" if answer["findings"] else "not_found")
    return [finding["product"] for finding in answer["findings"]]


def signal(api: Api, question: str, fields: dict[str, Any], given: str) -> Any:
    """Ask for findings of any form."""
    finding = create_model(
        "Finding", **{name: (kind, ...) for name, kind in fields.items()}, evidence=(list[Evidence], ...)
    )
    answer = create_model("Answer", status=(Literal["found", "not_found"], ...), findings=(list[finding], ...))
    body = request(given, question=question, text=format_of(answer))
    found = api.respond(body).answer
    assert answer.model_validate(found)
    return found["findings"]
