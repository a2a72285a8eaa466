"""What SIGKILL leaves behind: every answered write, and nothing else."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from nooks_dagster.local import deadline

MB = 1 << 20


def test_every_answered_write_survives_kills_under_load_and_nothing_is_torn(mortal: Any) -> None:
    """Four writers overwrite and create while the server dies three times."""
    bucket = mortal.fresh_bucket()
    answered: dict[str, bytes] = {}
    sent: dict[str, set[bytes]] = {}
    over, turns = threading.Event(), [0]

    def write(writer: int) -> None:
        web = requests.Session()
        web.trust_env = False
        turn = 0
        while not over.is_set():
            turn += 1
            name = f"{writer}-{turn % 40}"
            data = f"{writer}/{turn}/".encode() * (1 + turn % 9000)
            sent.setdefault(name, set()).add(data)
            try:
                response = web.post(
                    f"{mortal.url}/upload/storage/v1/b/{bucket.name}/o",
                    params={"uploadType": "media", "name": name},
                    data=data,
                    timeout=60,
                )
                assert response.status_code == 200
                answered[name] = data
                sent[name] = {data}
                turns[0] += 1
            except requests.ConnectionError:
                over.wait(0.02)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        wanted = turns[0] + 60
        _until(lambda wanted=wanted: turns[0] >= wanted)
        mortal.restart()
    over.set()
    for writer in writers:
        writer.join()
    mortal.restart()
    found = {blob.name: blob for blob in bucket.list_blobs()}
    assert answered.keys() <= found.keys()
    for name, blob in found.items():
        assert blob.download_as_bytes() in sent[name] | {answered.get(name, b"")}
    assert len(mortal.data_files()) == len(found)


def test_a_server_killed_in_mid_upload_shows_no_object_and_sweeps_the_file(mortal: Any, web: requests.Session) -> None:
    bucket = mortal.fresh_bucket()
    bucket.blob("x").upload_from_string("old")
    files = mortal.data_files()

    def body() -> Any:
        yield b"new" * MB
        _until(lambda: any(path.stat().st_size >= 2 * MB for path in mortal.data_files()))
        mortal.kill()
        yield b"never"

    with contextlib.suppress(requests.ConnectionError):
        web.post(
            f"{mortal.url}/upload/storage/v1/b/{bucket.name}/o",
            params={"uploadType": "media", "name": "x"},
            data=body(),
        )
    assert len(mortal.data_files()) == len(files) + 1
    mortal.start()
    assert mortal.data_files() == files
    assert bucket.blob("x").download_as_bytes() == b"old"


def test_who_reads_an_object_while_it_is_replaced_gets_the_old_bytes_whole(mortal: Any) -> None:
    bucket, old = mortal.fresh_bucket(), os.urandom(40 * MB)
    bucket.blob("x").upload_from_string(old)
    with requests.get(bucket.blob("x")._get_download_url(bucket.client), stream=True, timeout=60) as reader:
        pieces = reader.iter_content(MB)
        first = next(pieces)
        bucket.blob("x").upload_from_string(b"new")
        assert first + b"".join(pieces) == old
    assert bucket.blob("x").download_as_bytes() == b"new"
    assert len(mortal.data_files()) == 1


def test_an_upload_of_any_size_takes_the_memory_of_a_small_one(mortal: Any, web: requests.Session) -> None:
    bucket = mortal.fresh_bucket()
    bucket.blob("warm").upload_from_string(b"x" * MB)

    def rss() -> int:
        return int(Path(f"/proc/{mortal.process.pid}/statm").read_text().split()[1]) * 4096

    before = rss()
    piece = os.urandom(MB)
    peaks = []

    def body() -> Any:
        yield b'--cut\r\nContent-Type: application/json\r\n\r\n{"name": "big"}\r\n--cut\r\n\r\n'
        for _ in range(128):
            yield piece
            peaks.append(rss())
        yield b"\r\n--cut--"

    response = web.post(
        f"{mortal.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart",
        data=body(),
        headers={"Content-Type": "multipart/related; boundary=cut"},
    )
    assert response.json()["size"] == str(128 * MB)
    assert max(peaks) - before < 16 * MB


def test_a_second_process_on_the_same_folder_is_refused_with_a_sentence(mortal: Any) -> None:
    command = [sys.executable, "-m", "sandbox.gcs", "--data", str(mortal.folder), "--port", "0"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "Another lake serves" in second.stderr
    assert "Traceback" not in second.stderr


def test_sigterm_ends_it_quietly_and_at_once(mortal: Any) -> None:
    mortal.fresh_bucket()
    mortal.process.terminate()
    assert mortal.process.wait(60) == 0
    assert "Traceback" not in mortal.folder.with_suffix(".log").read_text()


def test_buckets_named_on_the_command_line_are_there_again_and_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.gcs", "--data", str(tmp_path / "lake"), "--port", "0"]
    for _ in range(2):
        process = subprocess.Popen(
            [*command, "--bucket", "one-lake", "--bucket", "two-lake"], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        address = next(line for line in process.stderr if "http://" in line).split()[-1]
        client = storage.Client("p", credentials=AnonymousCredentials(), client_options={"api_endpoint": address})
        assert [bucket.name for bucket in client.list_buckets()] == ["one-lake", "two-lake"]
        process.kill()
        process.communicate()


def _until(holds: Any) -> None:
    assert any(holds() for _ in deadline.polls(60, every=0.005)), "nothing happened within 60 s"
