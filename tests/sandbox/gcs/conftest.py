"""A lake process that tests may kill and start again.

Belongs here: starting `python -m sandbox.gcs` on a free port, SIGKILL, and clients for it.
Does not: assertions.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from nooks_dagster.local import deadline

os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # else gcsfs dials gRPC for a minute
PROJECT = Path(__file__).parents[3]


@dataclass
class LakeProcess:
    """One lake: the same folder and, after the first start, the same port."""

    folder: Path
    port: int = 0
    before: Callable[[], None] | None = None
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "LakeProcess":
        log = self.folder.with_suffix(".log")
        log.write_bytes(b"")
        command = [sys.executable, "-m", "sandbox.gcs", "--data", str(self.folder), "--port", str(self.port)]
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=sink,
                cwd=PROJECT,
                preexec_fn=self.before,  # noqa: PLW1509 - only setrlimit
            )
        self.port = int(wait_for(lambda: re.search(r"http://127.0.0.1:(\d+)", log.read_text()), str(log))[1])
        return self

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to say good-bye."""
        self.process.kill()
        self.process.wait(60)

    def restart(self) -> None:
        self.kill()
        self.start()

    def client(self) -> storage.Client:
        return storage.Client(
            project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": self.url}
        )

    def fresh_bucket(self) -> storage.Bucket:
        return self.client().create_bucket(f"bucket-{uuid4().hex[:12]}")

    def data_files(self) -> set[Path]:
        return set((self.folder / "data").glob("*/*"))


def wait_for(look: Callable[[], re.Match[str] | None], what: str) -> re.Match[str]:
    for _ in deadline.polls(60, every=0.02):
        if found := look():
            return found
    pytest.fail(f"nothing within 60 s: {what}")


@pytest.fixture(scope="session")
def gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeProcess]:
    """A lake for tests that leave it alive."""
    lake = LakeProcess(tmp_path_factory.mktemp("gcs") / "lake").start()
    yield lake
    lake.kill()


@pytest.fixture
def bucket(gcs: LakeProcess) -> storage.Bucket:
    """A fresh bucket, through Google's own client."""
    return gcs.fresh_bucket()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LakeProcess]:
    """A lake of this test alone, to be killed."""
    lake = LakeProcess(tmp_path / "lake").start()
    yield lake
    lake.kill()


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[LakeProcess]:
    """A lake whose disk takes no file above 4 MB, which is what a full disk looks like from inside."""
    resource = pytest.importorskip("resource")
    limit = 4 << 20
    lake = LakeProcess(
        tmp_path / "lake", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    ).start()
    yield lake
    lake.kill()


@pytest.fixture
def web() -> Iterator[requests.Session]:
    """Plain HTTP, for what no client would send."""
    with requests.Session() as session:
        session.trust_env = False
        yield session
