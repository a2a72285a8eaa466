"""`python -m sandbox` is the `nooks-sandbox` command.

Belongs here: nothing but the call.
Does not: commands (`sandbox.cli`).
"""

from sandbox.cli import app

app(prog_name="nooks-sandbox")
