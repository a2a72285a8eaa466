"""The pipeline: a call in one worker's hands goes through the stages that it was planned with.

Belongs here: which stage runs next, what is committed together, many calls at once. Does not: a stage (`calls.stages`).
"""
