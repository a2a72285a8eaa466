"""Addresses inside a network: which calls are for them, and where sites try to send their readers.

Belongs here: telling them apart, as the one who counts. Does not: refusing (the client must).
"""

from ipaddress import ip_address

TARGETS = (
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://127.0.0.1:{port}/latest/meta-data/",
    "http://localhost:{port}/latest/meta-data/",
    "https://10.0.0.5/admin",
    "http://192.168.1.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::1]:{port}/latest/meta-data/",
    "http://2130706433:{port}/latest/meta-data/",
    "http://0x7f000001:{port}/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
)
"""Where a site redirects to, `{port}` being one on which a service does listen on this machine."""

_ENDINGS = (".internal", ".local", ".localhost", ".lan", ".home.arpa")


def is_private(target: str) -> bool:
    """Tell whether a proxy's target (`host:port` or a URL) lies inside a network."""
    host = target.partition("://")[2].partition("/")[0] or target
    host = host.rpartition("@")[2]
    name = host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
    name = name.lower().rstrip(".")
    try:
        return not ip_address(
            int(name, 0) if name[:1].isdigit() and "." not in name and ":" not in name else name
        ).is_global
    except ValueError:
        return "." not in name or name.endswith(_ENDINGS)
