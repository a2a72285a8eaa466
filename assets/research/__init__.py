"""Documents about accounts, from the public web."""
