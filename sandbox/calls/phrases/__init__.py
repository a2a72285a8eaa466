"""What is said in calls, in four languages, each sentence with its true translations.

Belongs here: the book of sentences, finding them again in a text. Does not: how they sound (`sandbox.calls.codec`).
"""
