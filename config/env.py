"""The settings that come from outside, read once. A missing or unsafe one stops the start and names itself."""

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.core import redis_url

DEVELOPMENT = Path(__file__).resolve().parent.parent / ".data" / "env"
UNSAFE_IN_DEVELOPMENT = "development-only-secret-key-not-for-production"


class Env(BaseSettings):
    # A running bin/dev writes this file, so that manage.py in another shell finds its servers; the environment comes first.
    model_config = SettingsConfigDict(env_prefix="", extra="ignore", env_file=DEVELOPMENT)

    CONVEYOR_ENV: Literal["development", "test", "production"] = Field(
        default="production", description="What this installation is. Production refuses unsafe settings."
    )
    SECRET_KEY: str = Field(default="", description="Signs sessions and tokens: 50 random characters or more.")
    VERSION: str = Field(
        default="", description="What is deployed, as workers and pages tell it: a tag or a commit. Empty: pyproject.toml's version."
    )
    DEBUG: bool = Field(default=False, description="Django's debug pages. Never in production.")
    ALLOWED_HOSTS: str = Field(default="", description="Host names that the site answers to, separated by commas.")
    CSRF_TRUSTED_ORIGINS: str = Field(default="", description="Origins for forms behind a proxy: https://shop.example.com,...")
    DATABASE_URL: str = Field(default="", description="postgresql://user:password@host:5432/name")
    DATABASE_POOL: int = Field(
        default=0,
        ge=0,
        description="Connections to PostgreSQL that the threads of one process share; 0: one each. The Procfile gives web 16.",
    )
    REDIS_URL: str = Field(
        default="",
        description="redis://user:password@host:6379/0, rediss:// (TLS), unix:// or "
        "sentinel://host:26379,host:26379/0?master=NAME (sentinels:// with TLS).",
    )
    REDIS_CA_FILE: str = Field(
        default="", description="Who signed Redis' certificate, a PEM file; empty: an authority that the system trusts."
    )
    REDIS_CERT_FILE: str = Field(default="", description="Our certificate for Redis, a PEM file, where it asks for one.")
    REDIS_KEY_FILE: str = Field(default="", description="The key of REDIS_CERT_FILE, a PEM file.")
    REDIS_SENTINEL_AUTH: str = Field(default="", description="user:password, or :password, for the Sentinels themselves.")
    CONVEYOR_PREFIX: str = Field(default="", description="Put before every key of ours in Redis.")
    FLOWER_BASIC_AUTH: str = Field(default="", description="user:password for Flower.")
    FLOWER_URL: str = Field(default="http://127.0.0.1:5555", description="Where the site finds Flower, to show it under /ops/flower/.")
    SLO_SUCCESS: float = Field(
        default=0.99, gt=0, lt=1, description="The share of jobs that is to succeed; the overview tells how fast the rest burns."
    )
    CURRENCY: str = Field(
        default="EUR", pattern="^[A-Z]{3}$", description="The currency of the shop's prices and of what things cost (ISO 4217)."
    )
    METRICS_TOKEN: str = Field(
        default="", description="What a scraper sends to read /metrics; empty: it reads /api/metrics, with an API key."
    )
    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="The least level logged.")
    LOG_FILE: str = Field(
        default="",
        description="Write the log, JSON lines, to this file too; all processes of a machine may share it. Empty: standard error alone.",
    )
    LOG_FILE_BYTES: int = Field(default=50_000_000, ge=1_000, description="A log file of this size is put aside, and a new one begun.")
    LOG_FILES: int = Field(default=10, ge=1, description="How many log files that were put aside are kept.")
    QUEUE_ORDER: Literal["fair", "strict"] = Field(
        default="fair",
        description="How a worker takes from its queues: fair, by turns within a priority; strict, nothing from a queue "
        "while one that its --queues names before has anything.",
    )
    WORKER_CHILD_BUNDLES: int = Field(
        default=10_000,
        ge=1,
        description="A worker's child process is replaced after so many bundles (a bundle is one job, or several short ones).",
    )
    WORKER_CHILD_MEGABYTES: int = Field(
        default=512, ge=50, description="A worker's child process whose memory has grown larger is replaced once it is free."
    )
    WORKER_STOP_SECONDS: float = Field(
        default=100,
        ge=0,
        description="What still runs so long after a worker was asked to stop is handed back, and the worker ends. 0: it is waited for.",
    )
    OTEL_EXPORTER_OTLP_ENDPOINT: str = Field(
        default="", description="Where traces are sent, by OTLP over HTTP: http://collector:4318. Empty: there are none."
    )
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: str = Field(
        default="", description="The same as the whole URL, where traces go elsewhere: http://collector:4318/v1/traces"
    )
    OTEL_TRACES_EXPORTER: str = Field(default="otlp", description="none: no traces, whatever else is set.")
    OTEL_SDK_DISABLED: bool = Field(default=False, description="true: the same, by OpenTelemetry's other name for it.")
    UPLOAD_DIR: str = Field(default=".data/uploads", description="Where uploaded files are kept; shared by web and workers.")
    SITE_URL: str = Field(default="http://localhost:8000", description="Where people reach the site: what links in mails begin with.")
    EMAIL_URL: str = Field(
        default="", description="smtp://user:password@host:587 (STARTTLS) or smtps://...:465. Empty: mails become files in MAIL_DIR."
    )
    EMAIL_FROM: str = Field(default="Conveyor <noreply@localhost>", description="Whom mails come from.")
    MAIL_DIR: str = Field(default=".data/mail", description="Where mails are put without EMAIL_URL.")
    TICKET_SECRET: str = Field(
        default="", description="What the key that signs tickets follows from; empty: SECRET_KEY. Public keys of earlier ones stay known."
    )
    TENANT_WINDOW: int = Field(
        default=100, ge=0, description="Messages of one tenant in a queue when there are several tenants, times its weight; 0: any number."
    )
    EVENT_ARCHIVE_DAYS: int = Field(default=90, ge=1, description="For how many days PostgreSQL keeps events for replay.")
    EVENT_ARCHIVE_ROWS: int = Field(default=50_000_000, ge=1_000, description="How many events PostgreSQL keeps at the most.")
    EVENT_JOURNAL_ENTRIES: int = Field(
        default=1_000_000,
        ge=1_000,
        description="With more entries than this, Redis keeps only those of the last minute and what is not archived.",
    )
    EVENTS_PER_TENANT_AND_DAY: int = Field(default=1_000_000, ge=1, description="Events that a tenant may publish by the API in a day.")
    EVENT_STREAMS_PER_TENANT: int = Field(default=2_000, ge=1, description="Open event streams of one tenant in one web process.")
    OUTBOUND_ALLOWED_NETWORKS: str = Field(
        default="", description="Your own networks that webhooks may reach though they are not public: 10.1.0.0/16,fd12::/32"
    )
    WEBHOOK_QUEUE: Literal["checkout", "default", "bulk"] = Field(
        default="default", description="The queue on which webhooks are delivered."
    )
    WEBHOOK_TIMEOUT_SECONDS: float = Field(default=10, gt=0, le=60, description="How long a receiver may take for its whole answer.")
    WEBHOOK_RETRY_SECONDS: str = Field(
        default="5,60,300,1800,7200,18000,36000,36000",
        description="The pauses between the tries of one delivery; after the last it has failed. By default some 28 hours.",
    )
    WEBHOOK_BREAKER_SECONDS: float = Field(
        default=30, gt=0, description="How long an endpoint that fails again and again is left alone, at first; each time twice as long."
    )
    WEBHOOK_DISABLE_HOURS: float = Field(
        default=72, gt=0, description="An endpoint that has failed for so long without one success is disabled, and its owners are told."
    )
    WEBHOOK_KEEP_DAYS: int = Field(default=30, ge=1, description="For how many days the log of deliveries is kept.")
    MAX_BODY_BYTES: int = Field(default=1_000_000, ge=1_000, description="The largest JSON body that the API takes, in bytes.")
    MAX_UPLOAD_BYTES: int = Field(default=100_000_000, ge=1_000, description="The largest uploaded file, in bytes.")

    @model_validator(mode="after")
    def _must_be_complete_and_safe(self) -> "Env":
        for name in ("DATABASE_URL", "REDIS_URL"):
            if not getattr(self, name):
                raise ValueError(f"{name} is not set. {type(self).model_fields[name].description}")
        if not self.DATABASE_URL.startswith(("postgresql://", "postgres://")):
            raise ValueError("DATABASE_URL must name a PostgreSQL server: postgresql://user:password@host:5432/name")
        self._must_lead_to_redis()
        self._must_be_readable()
        self._must_have_a_place_for_logs()
        if self.CONVEYOR_ENV == "production":
            self._must_be_safe()
        return self

    def _must_lead_to_redis(self) -> None:
        try:
            redis_url.parse(self.REDIS_URL)
        except ValueError as error:
            raise ValueError(f"REDIS_URL {error}.") from None
        for name in ("REDIS_CA_FILE", "REDIS_CERT_FILE", "REDIS_KEY_FILE"):
            if (path := getattr(self, name)) and not os.access(path, os.R_OK):
                raise ValueError(f"{name}: {path} is not there, or not readable.")
        if bool(self.REDIS_CERT_FILE) != bool(self.REDIS_KEY_FILE):
            raise ValueError("REDIS_CERT_FILE and REDIS_KEY_FILE are given together, or neither.")

    def _must_be_readable(self) -> None:
        """What is written as a list is read once here, so that a slip stops the start."""
        for name, read in (("OUTBOUND_ALLOWED_NETWORKS", ip_network), ("WEBHOOK_RETRY_SECONDS", _above_zero)):
            try:
                _ = [read(part) for part in self.listed(name)]
            except ValueError as error:
                raise ValueError(f"{name} is a list separated by commas, and a part of it is wrong: {error}.") from None

    def _must_have_a_place_for_logs(self) -> None:
        folder = Path(self.LOG_FILE).absolute().parent
        if self.LOG_FILE and not os.access(folder, os.W_OK):
            raise ValueError(f"LOG_FILE: the folder {folder} is not there, or not writable.")

    def listed(self, name: str) -> list[str]:
        """The parts of a setting that is a list."""
        return [part.strip() for part in getattr(self, name).split(",") if part.strip()]

    def _must_be_safe(self) -> None:
        unsafe = {
            "SECRET_KEY is missing or shorter than 50 characters": len(self.SECRET_KEY) < 50,
            "SECRET_KEY is the one for development": self.SECRET_KEY == UNSAFE_IN_DEVELOPMENT,
            "DEBUG is on": self.DEBUG,
            "ALLOWED_HOSTS is empty": not self.hosts,
            "ALLOWED_HOSTS contains *": "*" in self.hosts,
            "FLOWER_BASIC_AUTH is missing (user:password)": ":" not in self.FLOWER_BASIC_AUTH,
        }
        for sentence in (s for s, wrong in unsafe.items() if wrong):
            raise ValueError(f"{sentence}. Production does not start like this.")

    @property
    def traced(self) -> bool:
        """Is OpenTelemetry switched on? Its other variables are read by its library."""
        where = self.OTEL_EXPORTER_OTLP_ENDPOINT or self.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
        return bool(where) and self.OTEL_TRACES_EXPORTER != "none" and not self.OTEL_SDK_DISABLED

    @property
    def hosts(self) -> list[str]:
        return self.listed("ALLOWED_HOSTS")

    @property
    def origins(self) -> list[str]:
        return self.listed("CSRF_TRUSTED_ORIGINS")


def _above_zero(text: str) -> float:
    if (number := float(text)) <= 0:
        raise ValueError(f"{text} is not above zero")
    return number


def read() -> Env:
    """The settings of this process; exits with one sentence where one is missing or unsafe."""
    try:
        return Env()
    except ValidationError as error:
        sys.exit("\n".join(f"Conveyor can't start: {_sentence(e['loc'], e['msg'])}" for e in error.errors()))


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    return ": ".join([*map(str, where), message.removeprefix("Value error, ")])
