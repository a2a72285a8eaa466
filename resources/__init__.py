"""What the assets connect to: one file per system, IO managers included.

Belongs here: Dagster's view of the lake and of Postgres, and how an asset's value is stored and loaded.
Does not: any logic that would be needed without Dagster; that is the engine's (`nooks_dagster`).

| argument's annotation | from the lake (`lake_io_manager`) | from Postgres (`warehouse_io_manager`) |
|---|---|---|
| `pandas.DataFrame`, `pyarrow.Table` | all rows | all rows that are not deleted |
| `pyarrow.RecordBatchReader` | a stream | a stream |
| `Dataset` / `TableHandle` | lazy: nothing is read yet | lazy: nothing is read yet |
| `dict`, `list` | a JSON document | - |
"""
