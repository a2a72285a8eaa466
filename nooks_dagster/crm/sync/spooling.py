"""Spooling: the rows of a chunk on the local disk, counted, before anything is done with them.

Belongs here: drawing them in constant memory. Does not: where they go (`crm.sync.chunks`, `crm.sweeps.sweeping`).
"""

from nooks_dagster.crm.model import Extraction
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.parts import PartWriter
from nooks_dagster.ledger.items import Claim


def spool(writer: PartWriter, extraction: Extraction, claim: Claim, key: str | None = None) -> set[str]:
    """Write all rows of an extraction as raw rows; return their ids, if the field that holds them is named.

    Raises:
        Corrupt: They are not as many as the source promised.
    """
    drawn, ids = 0, set[str]()
    for batch in extraction.batches:
        writer.write(observed(batch, extraction.observed_at))
        drawn += batch.num_rows
        if key is not None:
            ids.update(batch.column(key).to_pylist())
        claim.tick()
    if extraction.expected_rows not in (None, drawn):
        raise Corrupt(
            f"the source promised {extraction.expected_rows} rows and sent {drawn}",
            subject=f"{claim.item.lane} chunk {claim.item.payload['key']}",
        )
    return ids
