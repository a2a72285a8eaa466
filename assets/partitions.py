"""The partitions that assets share, and nothing else. One dimension only.

A dynamic dimension in multi-dimensional keys breaks backfills and slows the UI (measured on 1.13.27).
"""

import dagster as dg

workspaces = dg.DynamicPartitionsDefinition(name="workspaces")

# Today too, as far as it has come. The first day is the first that anybody may ask for.
days = dg.DailyPartitionsDefinition(start_date="2020-01-01", end_offset=1)
