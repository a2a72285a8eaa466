"""A FLAC file of 150 KB that is 20 hours of silence: who unpacks it without a look at its length runs out of memory.

Belongs here: writing FLAC of silence, frame by frame. Does not: sound that says something (`files`).
Layout by RFC 9639: a STREAMINFO block, then frames of one size whose subframes are constant.
"""

from functools import cache

_HOURS = 20
_RATE = 8000
_BLOCK = 65_535
_CHANNELS = 2


def bomb() -> bytes:
    """Return the file; unpacked to 16 bits it has 115 MB an hour."""
    blocks = round(_HOURS * 3600 * _RATE / _BLOCK)
    return b"".join([b"fLaC", _stream_info(blocks * _BLOCK), *(_frame(number) for number in range(blocks))])


def _stream_info(samples: int) -> bytes:
    packed = _RATE << 44 | (_CHANNELS - 1) << 41 | 15 << 36 | samples
    sizes = _BLOCK.to_bytes(2, "big") * 2 + bytes(6)
    block = sizes + packed.to_bytes(8, "big") + bytes(16)
    return bytes([0x80]) + len(block).to_bytes(3, "big") + block


def _frame(number: int) -> bytes:
    # Sync and fixed blocks; 16 bits of block size follow, 8 kHz; two channels of 16 bits.
    header = bytes([0xFF, 0xF8, 0x74, 0x18]) + _coded(number) + (_BLOCK - 1).to_bytes(2, "big")
    header += bytes([_crc(header, 8, 0x07)])
    frame = header + bytes(3 * _CHANNELS)  # A constant subframe is its type, 0, and one sample.
    return frame + _crc(frame, 16, 0x8005).to_bytes(2, "big")


def _coded(number: int) -> bytes:
    """Return a frame's number as UTF-8 codes one."""
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    table, mask, value = _table(bits, polynomial), (1 << bits) - 1, 0
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> bits - 8 ^ byte]
    return value


@cache
def _table(bits: int, polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        rest = value << bits - 8
        for _ in range(8):
            rest = rest << 1 ^ (polynomial if rest >> bits - 1 & 1 else 0)
        table.append(rest & (1 << bits) - 1)
    return tuple(table)
