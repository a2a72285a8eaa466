"""Signatures: HMAC-SHA256 over the timestamp and the raw body, by a key that binds the workspace.

Belongs here: reading the three headers and checking them. Does not: finding a key's secret (`calls.ingest.keyring`).
"""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.datastructures import Headers

from nooks_dagster.calls.ingest.problems import refused, stale, unsigned

KEY, TIMESTAMP, SIGNATURE = "X-Nooks-Key", "X-Nooks-Timestamp", "X-Nooks-Signature"
_TIME = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")
_NOBODYS = b"nobody's"


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of a request say: who signed it when, and how."""

    key: str
    timestamp: str
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that counts, and whose calls it signs."""

    key: str
    workspace: str
    secret: bytes = field(repr=False)


def read(headers: Headers) -> Signed:
    """Return what the headers say.

    Raises:
        Problem: One is missing, doubled or malformed.
    """
    values = [headers.getlist(name) for name in (KEY, TIMESTAMP, SIGNATURE)]
    if any(len(found) != 1 for found in values):
        raise unsigned()
    key, timestamp, signature = (found[0] for found in values)
    digest = _SIGNATURE.fullmatch(signature)
    if digest is None or not _TIME.fullmatch(timestamp):
        raise unsigned()
    return Signed(key, timestamp, digest[1])


def check(signed: Signed, signer: Signer | None, body: bytes, now: float, window: int) -> Signer:
    """Return who signed a body. An unknown key takes as long as a wrong signature.

    Raises:
        Problem: Nobody did whom we know, or not about now.
    """
    secret = signer.secret if signer else _NOBODYS
    right = hmac.new(secret, signed.timestamp.encode() + b"." + body, sha256).hexdigest()
    if not hmac.compare_digest(right, signed.digest) or signer is None:
        raise refused()
    if abs(now - int(signed.timestamp)) > window:
        raise stale()
    return signer
