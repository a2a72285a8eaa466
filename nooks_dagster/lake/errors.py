"""What Google's errors and a full disk mean here.

Belongs here: the one translation from google-cloud-storage, requests and the file system to
`nooks_dagster.failures`. Does not: reacting to them.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from google.api_core import exceptions as google
from google.auth import exceptions as auth
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

from nooks_dagster.failures import Corrupt, DiskFull, Failure, Permanent, RateLimited, Transient, Unavailable


class Missing(Permanent):
    """There is no such object in the lake."""


class Conflict(Transient):
    """Another writer came first: read again, then decide again. Accuses nobody."""

    counts_as_attempt = False


@contextmanager
def lake_errors(uri: str) -> Iterator[None]:
    """Translate everything that the GCS client may raise while it works on an object.

    Args:
        uri: The object or bucket that the message names.
    """
    try:
        yield
    except (google.GoogleAPIError, auth.GoogleAuthError, requests.RequestException) as error:
        raise _failure(error, uri) from error
    except (InvalidResponse, ConnectionError) as error:
        raise _unanswered(uri, error) from error
    except DataCorruption as error:
        raise Corrupt("The bytes changed on the way (crc32c differs).", subject=uri) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full disk into a failure that names the folder; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(
            "The disk is full.",
            subject=str(folder),
            next_step="Free space there, or point NOOKS_HOME at a larger disk; the work resumes by itself.",
        ) from error


def _failure(error: Exception, uri: str) -> Failure:
    if isinstance(error, google.RetryError) and isinstance(error.cause, Exception):
        return _failure(error.cause, uri)
    if isinstance(error, google.GoogleAPICallError):
        return _answer(error, uri)
    if isinstance(error, auth.DefaultCredentialsError):
        return Permanent(
            "There are no Google credentials.",
            subject=uri,
            next_step="Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if isinstance(error, auth.RefreshError) and not error.retryable:
        return Permanent(
            "Google refused our credentials.",
            subject=uri,
            next_step="Renew the service account key that GOOGLE_APPLICATION_CREDENTIALS names.",
        )
    return _unanswered(uri, error)


def _answer(error: google.GoogleAPICallError, uri: str) -> Failure:
    match error:
        case google.NotFound():
            return _not_found(error, uri)
        case google.PreconditionFailed():
            return Conflict("Another writer changed the object first.", subject=uri)
        case google.TooManyRequests():
            return RateLimited("The lake asked us to slow down.", subject=uri)
        case google.Forbidden() | google.Unauthorized():
            return Permanent(
                "The lake refused access.",
                subject=uri,
                next_step="Grant our service account roles/storage.objectUser on the bucket.",
            )
    # 408 is a time-out, 410 an upload session that the server has dropped: both pass.
    if error.code in (408, 410) or (error.code or 500) >= 500:
        return _unanswered(uri, error)
    return Permanent(f"The lake refused the request ({error.code}).", subject=uri)


def _not_found(error: google.NotFound, uri: str) -> Permanent:
    if "bucket does not exist" not in error.message:  # GCS tells the two apart by this sentence only
        return Missing("There is no such object.", subject=uri)
    return Permanent(
        f"The bucket {uri.split('/')[2]} does not exist.",
        subject=uri,
        next_step="Create it, or set NOOKS_LAKE_BUCKET in .env; `make up` creates the local one.",
    )


def _unanswered(uri: str, error: Exception) -> Unavailable:
    if getattr(error, "code", None) == 507:  # never from Google, but a lake on a disk of one's own can fill it
        return DiskFull("The disk under the lake is full.", subject=uri, next_step="Free space there.")
    return Unavailable(
        f"The lake does not answer ({type(error).__name__}).",
        subject=uri,
        next_step="`make up` starts the local lake; the work resumes by itself.",
    )
