"""Uploads of any kind are heard or refused; none of them is an accident."""

import io
import warnings
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.calls.files import wav_of
from sandbox.openai.hearing import Unreadable, hear
from sandbox.openai.http.audio.form import read_form
from sandbox.openai.http.errors import Refused
from tests.sandbox.openai_http.test_audio import SPOKEN, channel

WHOLE = channel(SPOKEN, 0)
NAMES = st.text(st.characters(codec="ascii", exclude_characters='"\r\n[]', min_codepoint=32), min_size=1, max_size=12)


@given(content=st.binary(max_size=400))
@settings(max_examples=40, deadline=None)
def test_bytes_without_sense_are_refused(content: bytes) -> None:
    with suppress(Unreadable):
        assert hear(content, 1400).text == ""


@given(place=st.integers(0, 43), value=st.integers(0, 255), kept=st.integers(0, len(WHOLE)))
@settings(max_examples=60, deadline=None)
def test_a_broken_header_or_a_cut_file_says_nothing_that_was_not_said(place: int, value: int, kept: int) -> None:
    broken = WHOLE[:place] + bytes([value]) + WHOLE[place + 1 : kept]
    with suppress(Unreadable):
        assert set(hear(broken, 1400).text.split()) <= set(SPOKEN.text("rep").split())


@given(body=st.binary(max_size=200), kind=st.sampled_from(["", "text/plain", "multipart/form-data; boundary=x"]))
@settings(max_examples=60, deadline=None)
def test_a_body_is_a_form_or_is_refused(body: bytes, kind: str) -> None:
    for form in (body, b"--x" + body + b"--x--", b"--x\r\n" + body + b"\r\n--x--\r\n"):
        with suppress(Refused):
            read_form(kind, form)


@given(fields=st.dictionaries(NAMES, st.text(max_size=20), max_size=4), content=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_a_form_gives_back_what_was_put_into_it(fields: dict[str, str], content: bytes) -> None:
    boundary = "boundary-that-is-in-no-content"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode("utf-8", "replace") for name, value in fields.items()]
    parts.append(b'name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n' + content)
    lines = [f"--{boundary}\r\nContent-Disposition: form-data; ".encode() + part + b"\r\n" for part in parts]
    form = read_form(f'multipart/form-data; boundary="{boundary}"', b"".join(lines) + f"--{boundary}--\r\n".encode())
    assert {name: form.one(name) for name in form.fields} == {
        name: value.encode("utf-8", "replace").decode() for name, value in fields.items() if name != "file"
    }
    assert form.file is not None
    assert (form.file.name, form.file.content) == ("a.wav", content)


def test_a_plain_file_is_heard_as_the_library_hears_it() -> None:
    padded = WHOLE[:36] + b"LIST\x04\0\0\0abcd" + WHOLE[36:]
    assert hear(padded, 1400) == hear(WHOLE, 1400)
    stereo = wav_of(SPOKEN.samples, SPOKEN.rate)
    assert hear(stereo[:36] + b"LIST\x04\0\0\0abcd" + stereo[36:], 1400) == hear(stereo, 1400)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_a_file_of_fractions_is_heard_as_one_of_whole_numbers(subtype: str) -> None:
    target = io.BytesIO()
    fractions = SPOKEN.samples[:, 0].astype(np.float64) / 32768
    soundfile.write(target, fractions, SPOKEN.rate, format="WAV", subtype=subtype)
    assert hear(target.getvalue(), 1400) == hear(WHOLE, 1400)


def test_a_file_of_numbers_that_are_none_says_nothing() -> None:
    target = io.BytesIO()
    broken = np.array([np.nan, np.inf, -np.inf, 9.0] * 4000, dtype=np.float32)
    soundfile.write(target, broken, SPOKEN.rate, format="WAV", subtype="FLOAT")
    with warnings.catch_warnings(action="error"):
        assert hear(target.getvalue(), 1400).text == ""
