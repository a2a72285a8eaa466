"""Ends: whether a recording goes on behind the end that it tells, so that nobody takes a part of a call for all of it.

Belongs here: looking. Does not: reading (`calls.audio.reading`).
"""

import re
from typing import BinaryIO

TAG = 4_096
"""Bytes behind what is taken for the end of an MP3 file: a usual tag is shorter, three seconds of speech are not."""
_LOOK = 64 * 1024
# A frame is 1,440 bytes at most; in a picture, of a tag, what looks like its head comes once in 16,000 bytes.
_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\x1b\x20-\xeb]")
_APART = 4_000


def mp3_goes_on(file: BinaryIO, size: int) -> bool:
    """Say whether sound lies behind the place where a file of so many bytes was read to; zeros and tags are none."""
    place = file.tell()
    if place + TAG >= size:
        return False
    rest = file.read(_LOOK)
    file.seek(place)  # the decoder goes on from there
    return len(_FRAME.findall(rest)) * _APART > len(rest)


def ogg_goes_on(file: BinaryIO) -> bool:
    """Say whether a stream begins behind another one: a recorder was stopped, and went on into the same file."""
    place, begun, chained = 0, False, False
    while not chained and (head := _page(file, place)):
        begins = bool(head[5] & 2)
        chained, begun = begins and begun, begun or not begins
        segments = head[26]
        place += 27 + segments + sum(head[27 : 27 + segments])
    file.seek(0)
    return chained


def _page(file: BinaryIO, place: int) -> bytes:
    file.seek(place)
    head = file.read(27 + 255)
    return head if len(head) > 27 and head[:4] == b"OggS" else b""
