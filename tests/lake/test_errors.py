"""What Google's errors and a full disk mean."""

import errno
from pathlib import Path

import pytest
import requests
from google.api_core import exceptions as google
from google.auth import exceptions as auth

from nooks_dagster.failures import DiskFull, Failure, Permanent, RateLimited, Unavailable
from nooks_dagster.lake.errors import Conflict, Missing, disk_errors, lake_errors

URI = "gs://bucket/name"


@pytest.mark.parametrize(
    ("error", "failure", "words"),
    [
        (google.NotFound("No such object: bucket/name"), Missing, "no such object"),
        (google.NotFound("The specified bucket does not exist."), Permanent, "bucket bucket does not exist"),
        (google.Forbidden("denied"), Permanent, "roles/storage.objectUser"),
        (google.TooManyRequests("slow"), RateLimited, "slow down"),
        (google.PreconditionFailed("conditionNotMet"), Conflict, "Another writer"),
        (google.ServiceUnavailable("later"), Unavailable, "does not answer"),
        (google.RetryError("gave up", google.ServiceUnavailable("later")), Unavailable, "ServiceUnavailable"),
        (google.RetryError("gave up", google.TooManyRequests("slow")), RateLimited, "slow down"),
        (google.from_http_status(410, "session gone"), Unavailable, "does not answer"),
        (google.from_http_status(507, "no space"), DiskFull, "disk under the lake is full"),
        (google.BadRequest("what?"), Permanent, "400"),
        (requests.ConnectionError("refused"), Unavailable, "make up"),
        (requests.ReadTimeout("slow"), Unavailable, "ReadTimeout"),
        (ConnectionResetError("reset"), Unavailable, "does not answer"),
        (auth.DefaultCredentialsError("none"), Permanent, "gcloud auth"),
        (auth.RefreshError("revoked"), Permanent, "service account key"),
        (auth.TransportError("no route"), Unavailable, "does not answer"),
    ],
)
def test_every_error_of_the_client_becomes_a_sentence(error: Exception, failure: type[Failure], words: str) -> None:
    with pytest.raises(failure, match=words) as caught, lake_errors(URI):
        raise error
    assert type(caught.value) is failure
    assert str(caught.value).startswith(URI)


def test_a_lost_race_or_a_slow_lane_accuses_nobody() -> None:
    assert not Conflict.counts_as_attempt
    assert not RateLimited.counts_as_attempt


def test_a_full_disk_names_the_folder() -> None:
    with (
        pytest.raises(DiskFull, match=r"^/scratch: The disk is full.*NOOKS_HOME"),
        disk_errors(Path("/scratch")),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")


def test_other_errors_of_the_disk_pass_as_they_are() -> None:
    with pytest.raises(PermissionError), disk_errors(Path("/scratch")):
        raise PermissionError(errno.EACCES, "denied")
