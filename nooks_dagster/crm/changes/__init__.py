"""Changes by day: each row that was inserted, changed or deleted on a day, derived from the raw rows in the lake."""
