"""`python -m sandbox` is the `nooks-sandbox` command.

Belongs here: nothing but the call.
Does not: commands (`sandbox.cli`).
"""

import sandbox.without_pandas  # noqa: F401 - what it does is done when it is imported
from sandbox.cli import app

app(prog_name="nooks-sandbox")
