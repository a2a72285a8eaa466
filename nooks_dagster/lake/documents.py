"""JSON documents in the bucket, swapped by generation.

Belongs here: reading and replacing one document. Does not: what is inside (`lake.manifest`, `lake.catalog`).
"""

import json
from collections.abc import Callable
from typing import NamedTuple

from pydantic import JsonValue
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.bucket import TIMEOUT, Bucket
from nooks_dagster.lake.errors import Conflict, Missing, lake_errors


class Document(NamedTuple):
    """A JSON object as it was read. Generation 0 means that there is none."""

    value: JsonValue
    generation: int


class Documents(Bucket):
    """A bucket with JSON documents that many writers change."""

    def read_json(self, name: str) -> Document:
        """Return a JSON object with its generation, or `Document(None, 0)` when there is none.

        Raises:
            Corrupt: It is no JSON.
        """
        blob = self._bucket.blob(name)
        try:
            with self._reading(self.uri(name)):
                data = blob.download_as_bytes(retry=self._retry, timeout=TIMEOUT)
            return Document(json.loads(data), int(blob.generation or 0))
        except Missing:
            return Document(None, 0)
        except ValueError as error:
            raise Corrupt("The object is no JSON.", subject=self.uri(name)) from error

    def write_json(self, name: str, value: JsonValue, generation: int) -> int:
        """Replace a JSON object if it still has the given generation, and return the new one.

        Args:
            name: The object's name.
            value: What to write.
            generation: As read; 0 creates the object and refuses to replace one.

        Raises:
            Conflict: Another writer came first, or this one's own earlier try did.
            ValueError: The value holds a NaN or an infinity, which JSON has not.
        """
        data = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        blob = self._bucket.blob(name)
        with lake_errors(self.uri(name)):
            blob.upload_from_string(
                data,
                content_type="application/json",
                if_generation_match=generation,
                checksum="crc32c",
                retry=self._retry,
                timeout=TIMEOUT,
            )
        return int(blob.generation or 0)

    @retry(
        retry=retry_if_exception_type(Conflict),
        wait=wait_random_exponential(0.1, max=3),
        stop=stop_after_attempt(20),
        reraise=True,
    )
    def swap_json(self, name: str, change: Callable[[Document], JsonValue]) -> None:
        """Change a JSON object so that no writer undoes what another has written meanwhile.

        Args:
            name: The object's name.
            change: Makes the new value out of the standing one. Called again whenever another writer comes
                first, so what it returns for its own result must be that result.

        Raises:
            Conflict: Others came first twenty times in a row.
        """
        standing = self.read_json(name)
        changed = change(standing)
        if not standing.generation or changed != standing.value:
            self.write_json(name, changed, standing.generation)
