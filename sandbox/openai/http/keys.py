"""API keys: deterministic, so that nothing has to be handed over, and recognisably not real.

Belongs here: which project a key belongs to. Does not: refusing the others (`door`).
"""

_KEY = "sk-sandbox-"


def key_of(project: str) -> str:
    """Return the key of a project, which needs no making."""
    return _KEY + project


def project_of(key: str) -> str | None:
    """Return the project of a key; None if it is none of the sandbox's, and so perhaps a real one."""
    project = key.removeprefix(_KEY)
    return project if key.startswith(_KEY) and project else None
