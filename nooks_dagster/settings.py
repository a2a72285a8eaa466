"""Every setting and every bound of the platform, in one place, from the environment and `.env`.

Belongs here: addresses, folders and the declared bound of each kind of work, with the reason for its default.
Does not: secrets of customers (`workspaces.secrets`) or per-workspace choices (they are rows).
"""

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Values come from `NOOKS_*` variables, then `.env`, then the defaults below."""

    model_config = SettingsConfigDict(env_prefix="NOOKS_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(default=Path(".nooks"), description="Folder of local state: data, logs, secrets, scratch files.")
    postgres_url: str = Field(
        default="postgresql://nooks@127.0.0.1:15432/nooks", description="The platform's own database."
    )
    lake_bucket: str = Field(default="nooks-lake", description="The GCS bucket that holds the bytes.")
    sandbox: bool = Field(default=False, description="The outside world is the sandbox; real credentials are refused.")
    samples: str = Field(
        default="acme,globex,initech", description="The sample workspaces that `nooks up` connects to the sandbox."
    )
    release: str = Field(default="dev", description="The release that plans and runs work; written on every item.")

    postgres_connections: int = Field(
        default=6, gt=0, description="Most sessions of one process; a sync needs one for each worker and one more."
    )
    postgres_sessions: int = Field(default=300, gt=0, description="max_connections of the server.")
    crm_workers: int = Field(
        default=4,
        gt=0,
        description="Chunks in flight in one sync run: 2 cores, half the time on the network.",
    )
    crm_merges: int = Field(
        default=2,
        gt=0,
        description="Of these, chunks merged at once: 2 cores; more contend for the same pages of an index.",
    )
    crm_cadence_minutes: int = Field(
        default=15, ge=1, le=1440, description="Between two incremental syncs of a connection that chose no other."
    )
    crm_changes_days: int = Field(
        default=400, gt=7, description="How long a day of crm/changes is kept: a year, to compare with the last one."
    )
    crm_runs: int = Field(default=4, gt=0, description="Sync runs at once over all workspaces.")

    lease_seconds: int = Field(
        default=30, gt=0, description="A dead worker's item is free after this; renewed at a third of it."
    )
    silence_seconds: int = Field(
        default=90, gt=0, description="A run without a heartbeat for this long is lost: three leases."
    )
    stall_seconds: int = Field(
        default=600, gt=0, description="Without progress for this long a lease is no longer renewed."
    )
    launch_grace_seconds: int = Field(
        default=180, gt=0, description="A requested run that has not started by then is lost."
    )
    patience_seconds: int = Field(
        default=900, ge=0, description="How long a click waits for a sync that another run holds."
    )
    ledger_days: int = Field(
        default=7, ge=1, description="Finished items of work and ended launches are kept for so long."
    )
    max_frame_rows: int = Field(
        default=2_000_000, gt=0, description="Above it a table must be loaded lazily, not as a DataFrame."
    )

    @model_validator(mode="after")
    def _bounds_hold(self) -> Self:
        """Refuse settings that ask more of a pool, or of Postgres, than it has (I5)."""
        if self.postgres_connections <= self.crm_workers:
            raise ValueError(
                f"NOOKS_POSTGRES_CONNECTIONS is {self.postgres_connections}, but a sync needs one for each of its "
                f"NOOKS_CRM_WORKERS = {self.crm_workers} and one more; set it to {self.crm_workers + 1} or more."
            )
        sessions = self.crm_runs * (self.postgres_connections + 1)  # a run holds its pool and one for its heartbeat
        if sessions > self.postgres_sessions // 2:
            raise ValueError(
                f"NOOKS_CRM_RUNS x (NOOKS_POSTGRES_CONNECTIONS + 1) = {sessions} Postgres sessions, more than half of "
                f"the {self.postgres_sessions} there are (NOOKS_POSTGRES_SESSIONS); lower one or raise the server's."
            )
        return self

    @property
    def scratch(self) -> Path:
        """Folder of files that live for one chunk."""
        return self.home / "scratch"

    @property
    def secrets(self) -> Path:
        """Folder of the file secret store, mode 0700."""
        return self.home / "secrets"


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
