"""Where HubSpot keeps what: the one place that knows the prefixes of its API.

Belongs here: addresses below the host. Does not: the host (`lines`), what is asked there (`connector`).
"""

from urllib.parse import quote

DATED = ""  # such as "2026-09": every address then is of that dated version instead of the numbered one
TOKEN = "/oauth/v1/token"  # noqa: S105 - the address of tokens, the one that the official client uses


def objects(name: str) -> str:
    """Return where the records of a type are listed."""
    return f"{_crm('objects')}/{_part(name)}"


def batch_read(name: str) -> str:
    """Return where records of a type are read by id."""
    return f"{objects(name)}/batch/read"


def batch_upsert(name: str) -> str:
    """Return where records of a type are written by a unique property."""
    return f"{objects(name)}/batch/upsert"


def record(name: str, record: str) -> str:
    """Return where one record is read."""
    return f"{objects(name)}/{_part(record)}"


def search(name: str) -> str:
    """Return where the records of a type are searched."""
    return f"{objects(name)}/search"


def properties(name: str) -> str:
    """Return where the properties of a type are listed."""
    return f"{_crm('properties')}/{_part(name)}"


def associations(name: str, to: str) -> str:
    """Return where the edges of records of one type towards another are read."""
    return f"{_edges(name, to)}/batch/read"


def associate(name: str, to: str) -> str:
    """Return where edges of records of one type towards another are made."""
    return f"{_edges(name, to)}/batch/create"


def dissociate(name: str, to: str) -> str:
    """Return where edges of records of one type towards another are removed."""
    return f"{_edges(name, to)}/batch/archive"


def labels(name: str, to: str) -> str:
    """Return where the kinds of edges of one type towards another are listed."""
    return f"{_edges(name, to)}/labels"


def owners() -> str:
    """Return where the owners are listed."""
    return _crm("owners")


def pipelines(name: str) -> str:
    """Return where the pipelines of a type are listed."""
    return f"{_crm('pipelines')}/{_part(name)}"


def schemas() -> str:
    """Return where the account's own types are listed."""
    return _crm("schemas")


def account() -> str:
    """Return where an account says what it is."""
    return f"/account-info/{DATED or 'v3'}/details"


def _crm(resource: str, number: str = "v3") -> str:
    return f"/crm/{resource}/{DATED}" if DATED else f"/crm/{number}/{resource}"


def _edges(name: str, to: str) -> str:
    return f"{_crm('associations', 'v4')}/{_part(name)}/{_part(to)}"


def _part(name: str) -> str:
    return quote(name, safe="")
