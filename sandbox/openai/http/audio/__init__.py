"""`POST /v1/audio/transcriptions`.

Belongs here: uploads, checked as OpenAI checks them, and replies in its formats.
Does not: hearing (`sandbox.openai.hearing`), models and prices (`sandbox.openai.speech_models`).
"""
