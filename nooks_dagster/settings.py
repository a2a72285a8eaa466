"""Every setting and every bound of the platform, in one place, from the environment and `.env`.

Belongs here: addresses, folders and the declared bound of each kind of work, with the reason for its default.
Does not: secrets of customers (`workspaces.secrets`) or per-workspace choices (they are rows).
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nooks_dagster.locales import language_of, region_of


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

    research_workers: int = Field(
        default=32, gt=0, description="Company sites looked at at once in one run: nearly all of that time is waiting."
    )
    research_contact: str = Field(
        default="", description="Where the owner of a web site can reach you (a URL or an e-mail address), told to it."
    )
    research_pages: int = Field(
        default=20, gt=0, description="Pages of a site asked for in one look: home, four indexes, articles, guesses."
    )
    research_articles: int = Field(
        default=5, ge=0, description="Newest articles read of each news or blog index: what is older was read before."
    )
    research_page_kilobytes: int = Field(
        default=3072, gt=0, description="Largest page read, unpacked: as many as sites at once fit into memory."
    )
    research_site_seconds: float = Field(
        default=60, gt=0, description="For all pages of a site together; what a slower one has shown by then is kept."
    )
    research_days: int = Field(
        default=30, ge=1, description="A home or about page is read again after so many days; an article never."
    )
    research_news_days: int = Field(
        default=7, ge=1, description="So is a careers, news or blog page: as long as a hiring or news signal lives."
    )

    signals_runs: int = Field(
        default=3,
        gt=0,
        description="Runs of signals at once over all workspaces: they wait for the model, not for CPU.",
    )
    signals_turn_minutes: float = Field(
        default=15,
        gt=0,
        description="A run that was launched claims nothing more after so long: the next book has its turn.",
    )
    signals_workers: int = Field(
        default=72,
        gt=0,
        description="Accounts in hand in one run of signals: 64 wait for the model, the others read or commit.",
    )
    signals_attempts: int = Field(
        default=5,
        gt=1,
        description="Failures that accuse an account, in a row, until it is an error; three more without an answer.",
    )
    signals_error_hours: int = Field(
        default=24, gt=0, description="An account that is an error is looked into again after so long."
    )
    signals_prompt_chars: int = Field(
        default=120_000, gt=1_000, description="Characters of documents in one prompt, about 30,000 tokens: a cent."
    )
    signals_trial_accounts: int = Field(
        default=100, gt=0, description="A new prompt, answer shape or model is tried on so many accounts: one batch."
    )
    signals_spread_usd: float = Field(
        default=25.0, ge=0, description="After its trial a version is spread without a person's word up to this cost."
    )
    signals_failed_share: float = Field(
        default=0.01, gt=0, le=1, description="A run of signals fails above this share of accounts that are errors."
    )
    signals_failed_floor: int = Field(
        default=20, gt=0, description="And from so many errors on: one in a batch of ten is no incident."
    )

    calls_live_workers: int = Field(
        default=2, gt=0, description="Runs that take calls as they come: one for each core, 300 MB each."
    )
    calls_in_hand: int = Field(
        default=56, gt=0, description="Calls in hand in one live worker: 35 a second for 3 s each, of two workers."
    )
    calls_runs: int = Field(
        default=2, gt=0, description="Runs of calls at once beside the live ones: closing, catch-up, backfills."
    )
    calls_language: Annotated[str, AfterValidator(language_of)] = Field(
        default="en", description="Calls are translated into it (ISO 639-1), unless their workspace chose another."
    )
    calls_region: Annotated[str, AfterValidator(region_of)] = Field(
        default="US", description="Of phone numbers without a country (ISO 3166), unless their workspace chose another."
    )
    calls_recording_megabytes: int = Field(
        default=512, gt=0, description="Largest recording taken: two hours of 16-bit stereo at 16 kHz are 460 MB."
    )
    calls_transcription_model: str = Field(
        default="gpt-transcribe",
        description="The model of transcripts; the others that OpenAI sells are shut down on 2027-02-26.",
    )
    calls_translation_model: str = Field(
        default="gpt-6-luna", description="The model of translations: the cheapest with strict answers."
    )
    calls_link: str = Field(
        default="",
        pattern=r"^(https://\S+)?$",
        description="Where a logged call leads: https://…/{call} of yours; empty for no link.",
    )
    calls_days: int = Field(default=400, gt=7, description="How long a call, its transcript and its record are kept.")
    ingest_host: str = Field(default="127.0.0.1", description="Where `nooks ingest` listens.")
    ingest_port: int = Field(default=8790, gt=0, lt=65536, description="And on which port.")
    ingest_body_kilobytes: int = Field(default=16, gt=0, description="Largest body of a call without its recording.")
    ingest_window_seconds: int = Field(
        default=300, gt=0, description="How far a signature's time may lie from ours, so that none can be used later."
    )
    ingest_live_calls: int = Field(
        default=20, gt=0, description="Calls a second of one key that go first; more are taken, and wait for others'."
    )

    lease_seconds: int = Field(
        default=30, gt=0, description="A dead worker's item is free after this; renewed at a third of it."
    )
    background_nice: int = Field(
        default=10,
        ge=0,
        le=19,
        description="Nice value of threads that read histories, sweep, backfill or keep house: a tenth of a live one's "
        "share of a core that both want. 0: they share alike.",
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

    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("NOOKS_OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="The platform's own key, which pays for every workspace.",
    )
    llm_model: str = Field(
        default="gpt-6-luna", description="The model of signals: the cheapest with strict answers in llm/prices.toml."
    )
    llm_requests_in_flight: int = Field(
        default=96, gt=0, le=1000, description="Over all runs, steps, processes and threads; 429s make it smaller."
    )
    llm_live_requests: int = Field(
        default=32,
        ge=0,
        description="Of these, kept for calls as they come; signals have the other 64, which 72 workers fill.",
    )
    llm_timeout_seconds: int = Field(
        default=60, gt=0, description="Of one request: seven times the 99th percentile, shorter than a stall."
    )
    llm_usd_a_day: float = Field(
        default=200, ge=0, description="Most that all workspaces may spend on models in a day (UTC)."
    )
    llm_usd_a_day_of_workspace: float = Field(
        default=100,
        ge=0,
        description="Likewise one workspace, unless `nooks signals caps` says otherwise: 100,000 answers of a signal.",
    )
    llm_usd_a_day_of_kind: float = Field(
        default=200, ge=0, description="Likewise one kind of purchase (text, speech), over all workspaces."
    )

    llm_purchases_days: int = Field(
        default=400,
        ge=31,
        description="Days that purchases and answers out of use are kept: a year, and the month after.",
    )

    @model_validator(mode="after")
    def _bounds_hold(self) -> Self:
        """Refuse settings that ask more of a pool, or of Postgres, than it has (I5)."""
        if self.llm_live_requests >= self.llm_requests_in_flight:
            raise ValueError(
                f"NOOKS_LLM_LIVE_REQUESTS is {self.llm_live_requests}, so that of NOOKS_LLM_REQUESTS_IN_FLIGHT = "
                f"{self.llm_requests_in_flight} none is left for anything else; lower it."
            )
        if self.postgres_connections <= self.crm_workers:
            raise ValueError(
                f"NOOKS_POSTGRES_CONNECTIONS is {self.postgres_connections}, but a sync needs one for each of its "
                f"NOOKS_CRM_WORKERS = {self.crm_workers} and one more; set it to {self.crm_workers + 1} or more."
            )
        each = self.postgres_connections + 1  # a run holds its pool and one for its heartbeat
        # A live worker listens, and has two processes for suspects beside it; two of a slot while one takes over.
        live = 2 * self.calls_live_workers * (each + 5)
        sessions = (self.crm_runs + self.signals_runs + self.calls_runs) * each + live
        if sessions > self.postgres_sessions // 2:
            raise ValueError(
                "(NOOKS_CRM_RUNS + NOOKS_SIGNALS_RUNS + NOOKS_CALLS_RUNS) x (NOOKS_POSTGRES_CONNECTIONS + 1) "
                f"+ 2 x NOOKS_CALLS_LIVE_WORKERS x (NOOKS_POSTGRES_CONNECTIONS + 6) = {sessions} Postgres sessions, "
                f"more than half of the {self.postgres_sessions} there are (NOOKS_POSTGRES_SESSIONS); lower one or "
                "raise the server's."
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

    @property
    def lease(self) -> timedelta:
        """The length of a lease."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def stall(self) -> timedelta:
        """The time without progress after which a lease is no longer renewed."""
        return timedelta(seconds=self.stall_seconds)


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
