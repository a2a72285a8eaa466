"""Upload sessions: leave for somebody else to create one object of the lake.

Belongs here: opening one. Does not: the bytes, which go from the other to the lake by GCS' resumable protocol.
"""

from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from nooks_dagster.lake.errors import lake_errors

SECONDS = 10
"""For opening one, all tries together: somebody waits."""
DAYS = 7
"""GCS keeps a session so long."""


class UploadSessions:
    """Opens sessions in one bucket. Safe to share between threads.

    Args:
        bucket: Its name.
        client: A google-cloud-storage client; by default one with the ambient credentials.

    Raises:
        Permanent: There are no Google credentials.
    """

    def __init__(self, bucket: str, client: storage.Client | None = None) -> None:
        self.bucket = bucket
        with lake_errors(f"gs://{bucket}"):
            self._client = client or storage.Client()

    def open(self, name: str, content_type: str, size: int) -> str:
        """Return the address to which the bytes of a new object are to be put; whoever has it may do so.

        Args:
            name: The object's name; it must be new.
            content_type: The object's.
            size: How many bytes it shall have. The lake may take more: whoever reads the object must look first.

        Raises:
            Transient: The lake did not answer.
        """
        with lake_errors(f"gs://{self.bucket}/{name}"):
            return str(
                self._client.bucket(self.bucket)
                .blob(name)
                .create_resumable_upload_session(
                    content_type=content_type,
                    size=size,
                    if_generation_match=0,
                    timeout=SECONDS,
                    retry=DEFAULT_RETRY.with_timeout(SECONDS),
                )
            )
