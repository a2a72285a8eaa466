"""The lake as a Dagster resource.

Belongs here: handing assets the bucket. Does not: storing an asset's return value (`lake_io_manager`).
`dagster_gcp.GCSResource` reaches the same bucket with Google's own client, locally too: both read
`STORAGE_EMULATOR_HOST` and the ambient credentials.
"""

import dagster as dg
from pydantic import Field, PrivateAttr

from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from resources.lake_paths import prefix


class LakeResource(dg.ConfigurableResource[None]):
    """The GCS bucket that holds the bytes.

    Example:
        @asset(partitions_def=workspaces, io_manager_key="lake_io_manager")
        def large(context: dg.AssetExecutionContext, lake: LakeResource) -> Dataset:
            dataset = lake.dataset(context)
            dataset.replace([dataset.write(batches, schema, context.run.run_id)], schema)
            return dataset
    """

    bucket: str = Field(description="Name of the GCS bucket.")

    _lake: Lake | None = PrivateAttr(default=None)

    @property
    def lake(self) -> Lake:
        """The bucket; nothing is asked of it before it is used.

        Raises:
            Permanent: There are no Google credentials.
        """
        if self._lake is None:
            self._lake = Lake(self.bucket)
        return self._lake

    def dataset(self, context: dg.AssetExecutionContext) -> Dataset:
        """Return the place of the partition that is being materialised, to write parts to and return."""
        partition = context.partition_key if context.has_partition_key else None
        return Dataset(self.lake, prefix(context.asset_key, context.assets_def.partitions_def, partition))
