"""Speech: from a recording to utterances, each with its speaker, its time and its language.

Belongs here: hearing pieces, joining them, telling who said what when. Does not: samples (`calls.audio`).
"""
