"""Posting: what is done with a signed request, from its head to its answer.

Belongs here: the order of the checks, and the two answers of success. Does not: the checks themselves.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nooks_dagster.calls.ingest import bodies, signatures
from nooks_dagster.calls.ingest.accepting import Accepted, Answer, Offer, OtherBody
from nooks_dagster.calls.ingest.fairness import Buckets
from nooks_dagster.calls.ingest.forms import SUFFIXES, Upload, check_length, check_place, check_rep, filled, folder
from nooks_dagster.calls.ingest.group_commit import GroupCommit
from nooks_dagster.calls.ingest.keyring import Keyring
from nooks_dagster.calls.ingest.metrics import BELOW_LIVE, CALLS
from nooks_dagster.calls.ingest.problems import conflict, refused, unavailable
from nooks_dagster.calls.ingest.signatures import Signer
from nooks_dagster.calls.submission import Submission
from nooks_dagster.failures import Failure
from nooks_dagster.lake.sessions import DAYS, UploadSessions
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.settings import Settings

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0
"""For the lake, which is given ten: uploads that wait for a thread behind others wait no longer."""


class Desk:
    """Takes what dialers send.

    Args:
        chosen: The bounds.
        keyring: Who may send.
        group: Makes calls durable.
        buckets: Who sends faster than its share.
        sessions: Opens uploads.
    """

    def __init__(
        self, chosen: Settings, keyring: Keyring, group: GroupCommit, buckets: Buckets, sessions: UploadSessions
    ) -> None:
        self._limit = chosen.ingest_body_kilobytes * 1024
        self._window = chosen.ingest_window_seconds
        self._longest = chosen.calls_recording_megabytes * 1024 * 1024
        self._keyring = keyring
        self._group = group
        self._buckets = buckets
        self._sessions = sessions

    async def take_call(self, request: Request) -> Response:
        """Answer 202 once a call is durable; the same call again is answered alike."""
        signer, body = await self._signed(request)
        submission = filled(Submission, body)
        check_rep(submission)
        check_place(submission, self._sessions.bucket, signer.workspace)
        work_class = self._buckets.take(signer.key)
        try:
            answer = await self._group.accept(Offer(signer.workspace, submission, sha256(body).digest(), work_class))
        except Failure as failure:
            log.warning("a call was not accepted: %s", failure)
            raise unavailable() from None
        _count(answer, work_class)
        if isinstance(answer, Accepted):
            return JSONResponse({"id": answer.id, "call_id": answer.call_id, "state": "accepted"}, 202)
        raise conflict() if isinstance(answer, OtherBody) else refused()

    async def open_recording(self, request: Request) -> Response:
        """Answer 201 with the address to which a recording is to be put."""
        signer, body = await self._signed(request)
        upload = filled(Upload, body)
        check_length(upload, self._longest)
        now = datetime.fromtimestamp(self._keyring.now(), UTC)
        name = f"{folder(signer.workspace)}day={now:%Y-%m-%d}/{uuid4().hex}.{SUFFIXES[upload.content_type]}"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                address = await asyncio.to_thread(self._sessions.open, name, upload.content_type, upload.bytes)
        except (Failure, TimeoutError) as failure:
            log.warning("an upload was not opened: %s", _without_path(failure))
            raise unavailable() from None
        told = {
            "uri": f"gs://{self._sessions.bucket}/{name}",
            "upload_url": address,
            "expires_at": (now + timedelta(days=DAYS)).isoformat(timespec="seconds"),
        }
        return JSONResponse(told, 201)

    async def _signed(self, request: Request) -> tuple[Signer, bytes]:
        """Return who sends, and a body that is JSON; it is not looked into before it is known whose it is."""
        signed = signatures.read(request.headers)
        try:
            signer = await self._keyring.find(signed.key)
        except Failure:
            raise unavailable() from None
        body = await bodies.read(request, self._limit)
        known = signatures.check(signed, signer, body, self._keyring.now(), self._window)
        bodies.check_type(request)
        bodies.check_json(body)
        return known, body


def _without_path(failure: Failure | TimeoutError) -> str:
    return failure.what if isinstance(failure, Failure) else "no thread was free"


def _count(answer: Answer, work_class: WorkClass) -> None:
    if not isinstance(answer, Accepted):
        CALLS.labels("conflict" if isinstance(answer, OtherBody) else "gone").inc()
        return
    CALLS.labels("new" if answer.new else "again").inc()
    if answer.new and work_class is not WorkClass.LIVE:
        BELOW_LIVE.inc()
