"""The sample workspaces: what a fresh `make up` has connected when it ends.

Belongs here: the one call that connects them. Does not: how a connection is tried (`crm.connecting`).
"""


def ensure_sample_workspaces() -> list[str]:
    """Connect the sandbox's sample orgs unless they are, and return the names of their workspaces."""
    return []
