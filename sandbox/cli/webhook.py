"""`webhook`: a customer's own endpoint, ready to be told of calls.

Belongs here: its name and secret. Does not: taking messages (`sandbox.webhooks`).
"""

from typing import Annotated

import typer

from sandbox.cli.options import State, refuse
from sandbox.webhooks.shelf import Shelf


def webhook(
    name: Annotated[str, typer.Argument(help="Of the customer: one label of a host name.")],
    state: State,
    secret: Annotated[
        str | None, typer.Option(help="That messages are signed with; without it signatures are not looked at.")
    ] = None,
) -> None:
    """Print the address of a webhook, and let it know its secret: nooks-sandbox webhook acme --secret nws_..."""
    if not name.replace("-", "").isalnum() or not name.isascii():
        refuse(f"{name!r} is no label of a host name: use letters, digits and hyphens.")
    if secret is not None:
        Shelf(state).set_secret(name.lower(), secret)
    typer.echo(f"https://{name.lower()}.hooks.example/calls")
