"""Bodies: read within a bound of bytes and of time, whatever the headers promise.

Belongs here: from the wire to bytes, and from bytes to strict JSON. Does not: what that says (`calls.ingest.forms`).
"""

import asyncio
import json
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from nooks_dagster.calls.ingest.problems import malformed, not_plain_json, too_large, too_slow

SECONDS = 10.0
"""For a whole body: 16 KB at 2 KB/s, slower than any line that carries a call."""
_UTF_8 = frozenset({"utf-8", "utf8"})
_LINGER = 1024 * 1024
"""Read on so far beyond the bound, for a sender that is cut off in the middle would not read why."""


async def read(request: Request, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        Problem: It is too long, or comes too slowly.
    """
    announced = request.headers.get("content-length", "0")
    if int(announced) > limit + _LINGER:
        raise too_large(limit, close=True)
    try:
        async with asyncio.timeout(SECONDS):
            return await _gathered(request, limit)
    except (TimeoutError, ClientDisconnect):
        raise too_slow() from None


async def _gathered(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit + _LINGER:
            raise too_large(limit, close=True)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise too_large(limit, close=False)
    return b"".join(chunks)


def check_type(request: Request) -> None:
    """Return if the body calls itself plain JSON in UTF-8.

    Raises:
        Problem: It does not.
    """
    kind, *parameters = (part.strip() for part in request.headers.get("content-type", "").lower().split(";"))
    charsets = [value.strip('"') for name, _, value in (one.partition("=") for one in parameters) if name == "charset"]
    encoding = request.headers.get("content-encoding", "identity").lower()
    if (kind, encoding) != ("application/json", "identity") or not _UTF_8.issuperset(charsets):
        raise not_plain_json()


def check_json(body: bytes) -> None:
    """Return if a body is JSON that no two readers can take for different things.

    Raises:
        Problem: It is no UTF-8, no JSON, names a key twice, or holds NaN, half of a surrogate pair, endless nesting.
    """
    try:
        text = body.decode("utf-8")
        json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise malformed("it is not UTF-8") from None
    except json.JSONDecodeError as error:  # of its words, none is from the body
        what = f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at")
        raise malformed(f"{what} at character {error.pos + 1}") from None
    except RecursionError:
        raise malformed("it is nested too deeply") from None
    except ValueError:
        raise malformed("a number is too long") from None


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise malformed("a key occurs twice in one object")


def _no_number(_: str) -> NoReturn:
    raise malformed("NaN and Infinity are no numbers")
