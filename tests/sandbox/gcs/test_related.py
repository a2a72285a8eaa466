"""The streaming reader of multipart/related."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gcs.refusals import Refusal
from sandbox.gcs.related import parse_related


def cut(text: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [piece for piece in [*pieces, text] if piece]


@given(
    media=st.binary(max_size=60)
    | st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"cu", b"\r\n--cu"])).map(b"".join),
    newline=st.sampled_from([b"\r\n", b"\n"]),
    sizes=st.lists(st.integers(1, 20), max_size=20),
)  # fmt: skip
def test_the_media_comes_out_as_it_went_in_however_the_body_is_cut(
    media: bytes, newline: bytes, sizes: list[int]
) -> None:
    body = newline.join(
        [
            b"--cut",
            b"Content-Type: application/json",
            b"",
            b'{"name": "x"}',
            b"--cut",
            b"Content-Type: a/b",
            b"",
            b"",
        ]
    )
    related = parse_related('multipart/related; boundary="cut"', cut(body + media + newline + b"--cut--", sizes))
    assert related.resource == {"name": "x"}
    assert related.content_type == "a/b"
    assert b"".join(related.media) == media


def test_a_body_without_its_closing_boundary_is_refused() -> None:
    body = b'--cut\r\n\r\n{"name": "x"}\r\n--cut\r\n\r\nmedia without an end'
    related = parse_related("multipart/related; boundary=cut", [body])
    with pytest.raises(Refusal, match="closing boundary"):
        list(related.media)
