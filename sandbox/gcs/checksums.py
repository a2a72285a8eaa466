"""The checksums a client sends with its bytes, compared with ours.

Belongs here: reading them from metadata and headers, and refusing bytes that differ.
Does not: computing ours; `blobs` does while it writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.gcs.blobs import Blob
from sandbox.gcs.refusals import invalid


@dataclass(frozen=True, slots=True)
class Checksums:
    """What the client says about its bytes, in base64; None where it says nothing."""

    md5: str | None = None
    crc32c: str | None = None

    def verify(self, blob: Blob) -> None:
        """Refuse `blob` with 400 when it is not what the client meant to send."""
        for label, told, found in (("MD5", self.md5, blob.md5), ("CRC32C", self.crc32c, blob.crc32c)):
            if told is not None and told != found:
                raise invalid(f'Provided {label} hash "{told}" doesn\'t match calculated {label} hash "{found}".')

    def merged(self, later: "Checksums") -> "Checksums":
        """Return these, with what `later` adds or says differently."""
        return Checksums(later.md5 or self.md5, later.crc32c or self.crc32c)


def from_headers(headers: Mapping[str, str]) -> Checksums:
    """Read `x-goog-hash: crc32c=…,md5=…` and `Content-MD5`."""
    told: dict[str, str] = {}
    for item in headers.get("x-goog-hash", "").split(","):
        kind, _, value = item.strip().partition("=")
        told[kind] = value
    return Checksums(told.get("md5") or headers.get("content-md5"), told.get("crc32c"))


def from_resource(resource: Mapping[str, object]) -> Checksums:
    """Read `md5Hash` and `crc32c` of an object resource."""
    md5, crc32c = resource.get("md5Hash"), resource.get("crc32c")
    return Checksums(str(md5) if md5 else None, str(crc32c) if crc32c else None)
