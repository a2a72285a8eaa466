"""HubSpot over HTTP: the API of every portal of a state folder, under HubSpot's own host names.

Belongs here: addresses, tokens, limits, the words and shapes of requests and replies.
Does not: records (`sandbox.hubspot.portal` and what implements it).
"""
