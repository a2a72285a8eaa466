"""A request for a transcription, checked.

Belongs here: which parameters there are, and what OpenAI says of one that cannot be.
Does not: taking the form apart (`form`), hearing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.openai.http.audio.form import Form, Upload
from sandbox.openai.http.errors import Refused, invalid, unknown_model
from sandbox.openai.speech_models import SPEECH_MODELS, SpeechModel

MOST_BYTES = 25 * 1024 * 1024
_SUFFIXES = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_KNOWN = frozenset(
    [
        "chunking_strategy",
        "include",
        "keywords",
        "known_speaker_names",
        "known_speaker_references",
        "language",
        "languages",
        "model",
        "prompt",
        "response_format",
        "stream",
        "temperature",
        "timestamp_granularities",
    ]
)
_UNPLAYED = ("include", "known_speaker_names", "known_speaker_references")
_ONLY_GPT_TRANSCRIBE = ("keywords", "languages")


@dataclass(frozen=True, slots=True)
class Listening:
    """A request that can be answered."""

    model: SpeechModel
    file: Upload
    format: str
    granularities: Sequence[str]
    chunked: bool


def too_large(size: int) -> Refused:
    """Return the refusal of a body of more than 25 MB."""
    message = f"413: Maximum content size limit ({MOST_BYTES}) exceeded ({size} bytes read)"
    return Refused(413, message, kind="server_error")


def check_form(form: Form) -> Listening:
    """Return what a form asks for.

    Raises:
        Refused: It is no request that can be answered.
    """
    _check_parameters(form)
    model = _model(form)
    chunked = any(name.startswith("chunking_strategy") for name in form.fields)
    return Listening(model, _file(form), _format(form, model), _granularities(form), chunked)


def _check_parameters(form: Form) -> None:
    for name in form.fields:
        if name.partition("[")[0] not in _KNOWN:
            raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    for name in _UNPLAYED:
        if form.many(name):
            raise invalid(f"The sandbox does not play '{name}'.", name, "unsupported_parameter")
    if form.one("stream") == "true" and form.one("model") != "whisper-1":
        raise invalid("The sandbox does not play 'stream'.", "stream", "unsupported_parameter")


def _model(form: Form) -> SpeechModel:
    name = form.one("model")
    if not name:
        raise invalid("you must provide a model parameter", "model")
    if name not in SPEECH_MODELS:
        raise unknown_model(name)
    model = SPEECH_MODELS[name]
    for parameter in _ONLY_GPT_TRANSCRIBE:
        if form.many(parameter) and not model.languages:
            message = f"{parameter} is not supported with model '{name}'."
            raise invalid(message, parameter, "unsupported_parameter")
    return model


def _file(form: Form) -> Upload:
    if form.file is None:
        raise invalid("Missing required parameter: 'file'.", "file", "missing_required_parameter")
    if form.file.name.rpartition(".")[2].lower() not in _SUFFIXES:
        raise invalid(f"Invalid file format. Supported formats: {list(_SUFFIXES)}", "file")
    return form.file


def _format(form: Form, model: SpeechModel) -> str:
    wanted = form.one("response_format") or "json"
    if wanted not in model.formats:
        others = " or ".join(f"'{name}'" for name in model.formats)
        message = f"response_format '{wanted}' is not compatible with model '{model.name}'. Use {others} instead."
        raise invalid(message, "response_format", "unsupported_value")
    return wanted


def _granularities(form: Form) -> Sequence[str]:
    wanted = form.many("timestamp_granularities")
    if wanted and form.one("response_format") != "verbose_json":
        message = "timestamp_granularities requires response_format to be 'verbose_json'."
        raise invalid(message, "timestamp_granularities", "unsupported_value")
    return wanted or ("segment",)
