"""Utterances as rows: what a transcript is in Parquet, where analysts read it, and back.

Belongs here: the columns, and both directions. Does not: where the rows lie (`calls.closing.folding`,
`calls.closing.archive`).

The rows are the transcript as it was made, names and numbers of people included, because after an hour is closed they
are its only copy, and a later translation or redaction starts from them. Who may read the bucket may read them; what is
for everybody is the redacted text of `calls.records`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from nooks_dagster.calls.transcript import Transcript, Utterance

OBJECT = "object"
"""The object that a row came from, which tells a transcript from the one that took its place."""
OF_UTTERANCE = {
    "seq": pa.int32(),
    "speaker": pa.string(),
    "start_ms": pa.int64(),
    "end_ms": pa.int64(),
    "text": pa.string(),
    "language": pa.string(),
    "confidence": pa.float32(),
    "timing": pa.string(),
}
OF_TRANSCRIPT = {
    "model": pa.string(),
    "call_language": pa.string(),
    "translated_from": pa.string(),
    "duration_ms": pa.int64(),
    "channels": pa.int8(),
    OBJECT: pa.string(),
}
SCHEMA = pa.schema({"call": pa.int64(), **OF_UTTERANCE, **OF_TRANSCRIPT})


def rows_of(transcript: Transcript, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield a row for each utterance; `name` is that of the object."""
    whole = {
        "call": transcript.call,
        "model": transcript.model,
        "call_language": transcript.language,
        "translated_from": transcript.translated_from,
        "duration_ms": transcript.duration_ms,
        "channels": transcript.channels,
        OBJECT: name,
    }
    for utterance in transcript.utterances:
        yield whole | {name: getattr(utterance, name) for name in OF_UTTERANCE}


def batch_of(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Return rows as Arrow has them."""
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


def transcript_of(rows: Sequence[Mapping[str, Any]]) -> Transcript:
    """Return the transcript that rows were made of; at least one."""
    first = rows[0]
    utterances = [Utterance.model_validate({name: row[name] for name in OF_UTTERANCE}) for row in rows]
    return Transcript(
        call=first["call"],
        model=first["model"],
        language=first["call_language"],
        translated_from=first["translated_from"],
        duration_ms=first["duration_ms"],
        channels=first["channels"],
        utterances=tuple(sorted(utterances, key=lambda one: one.seq)),
    )
