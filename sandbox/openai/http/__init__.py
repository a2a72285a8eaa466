"""OpenAI's API over HTTP.

Belongs here: keys, limits, requests checked as OpenAI checks them, replies and errors in its forms.
Does not: what is answered (`sandbox.openai.reader`).
"""
