"""Forms: a body becomes the one shape that it must have, or the names of the fields that do not fit.

Belongs here: validation, and where a recording may lie. Does not: the shapes (`calls.submission`).
"""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nooks_dagster.calls.ingest.problems import Problem, invalid, malformed, no_object
from nooks_dagster.calls.submission import CallId, Submission, whole

RECORDINGS = "recordings"
SUFFIXES = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
}
_NAME = re.compile(r"[A-Za-z0-9._=-]{1,200}")
_FIELD = re.compile(r"[A-Za-z0-9_]{1,40}")
Form = TypeVar("Form", bound=BaseModel)


class Upload(BaseModel):
    """A recording that is to be uploaded: of which call, what it is, and how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call_id: CallId = Field(description="Of the call that will name the recording.")
    content_type: Literal["audio/wav", "audio/x-wav", "audio/flac", "audio/ogg", "audio/mpeg"]
    bytes: Annotated[int, Field(ge=1), BeforeValidator(whole)] = Field(
        description="How long the recording is, to the byte."
    )


def filled(form: type[Form], body: bytes) -> Form:
    """Return what a body says.

    Raises:
        Problem: Fields are missing, unknown or not as they must be.
    """
    try:
        return form.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _problem(error) from None


def check_rep(submission: Submission) -> None:
    """Return if it is told who called: a dialer knows its rep, and of who withholds a number perhaps nothing.

    Raises:
        Problem: It is not.
    """
    if not any(value.strip() for value in submission.rep.model_dump(exclude_none=True).values()):
        raise invalid({"rep": "must tell at least one of crm_user_id, email, name, phone"})


def check_place(submission: Submission, bucket: str, workspace: str) -> None:
    """Return if the recording lies below the prefix of its own workspace, by a name that reads one way only.

    Raises:
        Problem: It lies elsewhere.
    """
    if submission.recording is None:
        return
    prefix = f"gs://{bucket}/{folder(workspace)}"
    names = submission.recording.uri.removeprefix(prefix).split("/")
    plain = all(_NAME.fullmatch(name) and name.strip(".") for name in names)
    if not submission.recording.uri.startswith(prefix) or not plain:
        raise invalid({"recording.uri": f"must be an object below {prefix}, named with letters, digits and ._=-"})


def check_length(upload: Upload, most: int) -> None:
    """Return if a recording may be so long.

    Raises:
        Problem: It may not.
    """
    if upload.bytes > most:
        raise invalid({"bytes": f"must be {most} at most"})


def folder(workspace: str) -> str:
    """Return the folder of a workspace's recordings."""
    return f"{RECORDINGS}/workspace={workspace}/"


def _problem(error: ValidationError) -> Problem:
    reasons: dict[str, str] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        if one["type"] == "json_invalid":  # what our own reading let pass: 200 levels, half of a surrogate pair
            deep = "recursion limit" in one["msg"]
            return malformed("it is nested too deeply" if deep else "a text in it is no Unicode")
        if not one["loc"] and one["type"] != "value_error":
            return no_object()
        name = ".".join(_part(part) for part in one["loc"] if part != "[key]")
        reasons.setdefault(name or "ended_at", one["msg"].removeprefix("Value error, "))
    return invalid(reasons)


def _part(part: int | str) -> str:
    """Return a part of a field's name; a stranger's own is told only if it can't be a text of somebody's."""
    return str(part) if _FIELD.fullmatch(str(part)) else "?"
