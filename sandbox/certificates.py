"""The certificate authority of one state folder, and the bundle that clients are told to trust.

Belongs here: making, keeping and using the authority's key, and the bundle file.
Does not: which host names are served (`sandbox.proxy`, `sandbox.salesforce.app`).
"""

import os
import ssl
from collections.abc import Iterable
from pathlib import Path

import certifi
import trustme


def bundle_path(state: Path) -> Path:
    """Return where the CA bundle of a state folder is, made or not."""
    return state / "ca-bundle.pem"


class Authority:
    """A private CA, the same at every start so that long-lived clients keep trusting it.

    Args:
        state: The sandbox's folder; receives `ca.pem` (certificate and key, mode 0600) and `ca-bundle.pem`
            (that certificate and certifi's public roots, so that HTTPS to anywhere else still verifies).

    Raises:
        OSError: The folder cannot be used.
        ValueError: `ca.pem` is damaged.
    """

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._file = state / "ca.pem"
        if not self._file.exists():
            self._create()
        pem = self._file.read_bytes()
        try:
            self._ca = trustme.CA.from_pem(pem, pem)
        except ValueError:
            raise ValueError(f"{self._file} is damaged; remove it, and restart the clients afterwards") from None
        self.bundle = bundle_path(state)
        self._write_bundle()

    def server_context(self, names: Iterable[str]) -> ssl.SSLContext:
        """Return a server's TLS context whose certificate covers the host names, wildcards included."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _create(self) -> None:
        ca = trustme.CA(organization_name="Nooks sandbox", organization_unit_name="not for the real world")
        draft = self._file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(ca.cert_pem.bytes() + ca.private_key_pem.bytes())
        try:
            # A link, not a rename: of two processes that start at once, the first one's authority stays.
            os.link(draft, self._file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def _write_bundle(self) -> None:
        draft = self.bundle.with_suffix(f".{os.getpid()}")
        draft.write_bytes(self._ca.cert_pem.bytes() + Path(certifi.where()).read_bytes())
        draft.replace(self.bundle)
