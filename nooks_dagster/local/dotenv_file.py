"""Writing `.env`: the local stack's values, on the first start only.

Belongs here: the lines and their ports. Does not: read them back (`nooks_dagster.local.environment`).
"""

import re
from hashlib import sha256
from pathlib import Path

from dotenv import dotenv_values

from nooks_dagster.local.ports import free_port

HEADER = """\
# The configuration of this machine. `nooks up` wrote these lines once and never changes one.
# Going real: put your own address here; the local service that stood there is no longer started.
"""


def complete(root: Path) -> None:
    """Append the local stack's values unless an earlier start has; what is there stays as it is."""
    file = root / ".env"
    text = file.read_text() if file.exists() else ""
    present = dotenv_values(file)
    if "DAGSTER_HOME" in present:
        return
    lines = [] if text else [HEADER]
    for title, values in _groups(root, present):
        missing = {name: value for name, value in values.items() if name not in present}
        if missing:
            lines += [f"\n# {title}\n", *(f"{name}={_quoted(value)}\n" for name, value in missing.items())]
    part = root / ".env.part"
    part.touch(mode=0o600)
    part.write_text(text + ("" if text.endswith("\n") or not text else "\n") + "".join(lines))
    part.replace(file)
    seal = root / ".nooks" / "env.sha256"
    seal.parent.mkdir(exist_ok=True)
    seal.write_text(_hash(file) if not text else "written by a person first")


def untouched(root: Path) -> bool:
    """Tell whether every line of `.env` is still ours."""
    seal, file = root / ".nooks" / "env.sha256", root / ".env"
    return seal.exists() and file.exists() and seal.read_text() == _hash(file)


def _groups(root: Path, present: dict[str, str | None]) -> list[tuple[str, dict[str, str]]]:
    state = root / ".nooks"
    database = f"nooks@127.0.0.1:{free_port(15432)}"
    groups = [
        (
            "State: one folder, ignored by git",
            {"DAGSTER_HOME": str(state / "dagster"), "NOOKS_HOME": str(state)},
        ),
        (
            "Postgres: a database of ours and one of Dagster's",
            {
                "NOOKS_POSTGRES_URL": f"postgresql://{database}/nooks",
                "NOOKS_DAGSTER_POSTGRES_URL": f"postgresql+psycopg2://{database}/dagster",
            },
        ),
        ("The UI, and the code server behind it", _dagster()),
        ("Where dialers send calls", {"NOOKS_INGEST_PORT": str(free_port(8790))}),
    ]
    if "NOOKS_LAKE_BUCKET" not in present:
        groups.append(("The lake: without STORAGE_EMULATOR_HOST it is Google Cloud Storage", _lake()))
    if (present.get("NOOKS_SANDBOX") or "true").lower() == "true":
        groups.append(
            (
                "The outside world: it is real with NOOKS_SANDBOX=false and without the five lines below",
                _sandbox(state),
            )
        )
    return groups


def _dagster() -> dict[str, str]:
    return {
        "NOOKS_UI_PORT": str(free_port(3000)),
        "NOOKS_CODE_SERVER_PORT": str(free_port(14266)),
        "DAGSTER_EVENT_BATCH_SIZE": "500",  # a range of partitions: 1.3 s instead of 5.2 s for 200
    }


def _lake() -> dict[str, str]:
    return {
        "NOOKS_LAKE_BUCKET": "nooks-lake",
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{free_port(14443)}",
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # else gcsfs dials Google for a minute per bucket
    }


def _sandbox(state: Path) -> dict[str, str]:
    bundle = str(state / "sandbox" / "ca-bundle.pem")
    return {
        "NOOKS_SANDBOX": "true",
        "HTTPS_PROXY": f"http://127.0.0.1:{free_port(14480)}",  # lower case would catch gRPC too
        "NO_PROXY": "localhost,127.0.0.1",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "OPENAI_API_KEY": "sk-sandbox-nooks",
    }


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w.:/@+,%-]*", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
