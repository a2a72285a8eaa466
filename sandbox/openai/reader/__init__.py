"""The model: it reads the documents of a prompt and answers what is asked of them, and nothing else.

It is as good as its prompt. Documents that are not there it does not know; without a question it declines; it takes a
page's commands for its user's unless it is told that documents are data; it believes what no longer holds, or is said
of others, unless it is told better.

Belongs here: prompt, question, evidence, filling any strict schema. Does not: what sentences mean (`sandbox.sites`),
what goes wrong by chance (`sandbox.openai.chance`).
"""
