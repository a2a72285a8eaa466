"""Sandbox and real never mix: the setting, the proxy and the trusted authority must tell of one world.

Belongs here: looking at this process's variables before anything is sent. Does not: the look of credentials
(`crm.lifecycle.connecting`), whether the sandbox answers (`cli.checks`).
"""

import os
from pathlib import Path

from nooks_dagster.failures import Permanent
from nooks_dagster.local.environment import RIVALS, Environment

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def refuse_mixed(environment: Environment, *, sandbox: bool) -> None:
    """Return if the proxy and the CA are the sandbox's exactly when the setting says so.

    Raises:
        Permanent: They are not; names the variables to change.
    """
    bundle = environment.state / "sandbox" / "ca-bundle.pem"
    if sandbox:
        _refuse_unproxied(bundle)
        return
    trusting = [name for name in _CA_VARIABLES if _same_file(os.environ.get(name, ""), bundle)]
    if trusting:
        raise Permanent(
            f"It is real, but {' and '.join(trusting)} still trust the sandbox's authority.",
            subject="the outside world",
            next_step="Remove these lines and HTTPS_PROXY from .env, or unset them.",
        )


def _refuse_unproxied(bundle: Path) -> None:
    rivals = [name for name in RIVALS if os.environ.get(name)]
    if rivals or not os.environ.get("HTTPS_PROXY"):
        wrong = f"{', '.join(rivals)} is set" if rivals else "HTTPS_PROXY is not set"
        raise Permanent(
            f"It is the SANDBOX, but {wrong}.",
            subject="the outside world",
            next_step="Set HTTPS_PROXY to the sandbox in .env, and unset every other proxy variable.",
        )
    if not Path(os.environ.get("REQUESTS_CA_BUNDLE") or "/nowhere").exists():
        raise Permanent(
            "It is the SANDBOX, but REQUESTS_CA_BUNDLE names no file.",
            subject="the outside world",
            next_step=f"Set it to {bundle}; `make up` writes the file.",
        )


def _same_file(text: str, bundle: Path) -> bool:
    return bool(text) and Path(text).resolve() == bundle.resolve()
