"""The one door to paid models: structured answers, what they cost, what may be spent.

Belongs here: asking, prices, reservations and caps. Does not: what is asked about, or what an answer means (`signals`).
"""
