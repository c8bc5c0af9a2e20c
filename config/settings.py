"""Django's settings. What comes from outside is in env.py; what Celery needs is in celery.py."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog

from config import env as environment
from jobs.infra import tracing

ROOT = Path(__file__).resolve().parent.parent
ENV = environment.read()

SECRET_KEY = ENV.SECRET_KEY or environment.UNSAFE_IN_DEVELOPMENT
DEBUG = ENV.DEBUG
ALLOWED_HOSTS = ENV.hosts or ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = ENV.origins

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_results",
    "django_htmx",
    # Serves the API page's scripts from here; without it they come from a CDN.
    "ninja",
    "jobs",
    "stock",
    "reservations",
]
MIDDLEWARE = [
    "jobs.web.request_id.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jobs.web.acting.middleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jobs.web.links.menu",
            ]
        },
    }
]


def _pool(size: int) -> dict[str, object]:
    """Each request under way has a thread: a hundred of them with a connection each are more than PostgreSQL takes."""
    return {"pool": {"min_size": 1, "max_size": size, "timeout": 10}} if size else {}


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(options.pop("port", parts.port or "")),
        "CONN_MAX_AGE": 0 if ENV.DATABASE_POOL else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **options, **_pool(ENV.DATABASE_POOL)},
    }


DATABASES = {"default": _database(ENV.DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENV.REDIS_URL
REDIS_CA_FILE = ENV.REDIS_CA_FILE
REDIS_CERT_FILE = ENV.REDIS_CERT_FILE
REDIS_KEY_FILE = ENV.REDIS_KEY_FILE
REDIS_SENTINEL_AUTH = ENV.REDIS_SENTINEL_AUTH
CONVEYOR_PREFIX = ENV.CONVEYOR_PREFIX
UPLOAD_DIR = ROOT / ENV.UPLOAD_DIR
SITE_URL = ENV.SITE_URL.rstrip("/")
TICKET_SECRET = ENV.TICKET_SECRET or SECRET_KEY
MAX_BODY_BYTES = ENV.MAX_BODY_BYTES
VERSION = ENV.VERSION or tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
METRICS_TOKEN = ENV.METRICS_TOKEN
TRACED = ENV.traced
TENANT_WINDOW = ENV.TENANT_WINDOW
EVENT_ARCHIVE_DAYS = ENV.EVENT_ARCHIVE_DAYS
EVENT_ARCHIVE_ROWS = ENV.EVENT_ARCHIVE_ROWS
EVENT_JOURNAL_ENTRIES = ENV.EVENT_JOURNAL_ENTRIES
EVENTS_PER_TENANT_AND_DAY = ENV.EVENTS_PER_TENANT_AND_DAY
EVENT_STREAMS_PER_TENANT = ENV.EVENT_STREAMS_PER_TENANT
FLOWER_BASIC_AUTH, FLOWER_URL = ENV.FLOWER_BASIC_AUTH, ENV.FLOWER_URL
SLO_SUCCESS = ENV.SLO_SUCCESS
CURRENCY = ENV.CURRENCY
MAX_UPLOAD_BYTES = ENV.MAX_UPLOAD_BYTES
OUTBOUND_ALLOWED_NETWORKS = ENV.listed("OUTBOUND_ALLOWED_NETWORKS")
WEBHOOK_QUEUE = ENV.WEBHOOK_QUEUE
WEBHOOK_TIMEOUT = timedelta(seconds=ENV.WEBHOOK_TIMEOUT_SECONDS)
WEBHOOK_RETRIES = [timedelta(seconds=float(pause)) for pause in ENV.listed("WEBHOOK_RETRY_SECONDS")]
WEBHOOK_COOLDOWN = timedelta(seconds=ENV.WEBHOOK_BREAKER_SECONDS)
WEBHOOK_DISABLE_AFTER = timedelta(hours=ENV.WEBHOOK_DISABLE_HOURS)
WEBHOOK_KEEP = timedelta(days=ENV.WEBHOOK_KEEP_DAYS)

_mail = urlsplit(ENV.EMAIL_URL)
# Without a server, mails become files that can be looked at.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if ENV.EMAIL_URL else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = ROOT / ENV.MAIL_DIR
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = _mail.hostname or "", _mail.port or 587, 20
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(_mail.username)
DEFAULT_FROM_EMAIL = ENV.EMAIL_FROM

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
WHITENOISE_USE_FINDERS = ENV.CONVEYOR_ENV != "production"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if ENV.CONVEYOR_ENV == "production":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Health checks and scrapers come from inside, over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000

UNFOLD = {
    "SITE_TITLE": "Conveyor",
    "SITE_HEADER": "Conveyor",
    "SITE_URL": "/",
}

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    *([tracing.add_ids] if TRACED else []),
]
structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def _format(renderer: Any, formatter: str = "structlog.stdlib.ProcessorFormatter") -> dict[str, Any]:
    """Lines of structlog and of everybody else, by one renderer."""
    return {
        "()": formatter,
        "foreign_pre_chain": _SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    }


_JSON = _format([structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)], "jobs.infra.json_lines.Formatter")
_HANDLERS: dict[str, dict[str, Any]] = {"console": {"class": "logging.StreamHandler", "formatter": "console"}}
if ENV.LOG_FILE:
    # Locks the file for each line, so that several processes write and rotate it.
    _HANDLERS["file"] = {
        "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
        "formatter": "json",
        "filename": str(Path(ENV.LOG_FILE).absolute()),
        "maxBytes": ENV.LOG_FILE_BYTES,
        "backupCount": ENV.LOG_FILES,
        "encoding": "utf-8",
    }
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": _JSON,
        "console": _JSON if ENV.CONVEYOR_ENV == "production" else _format([structlog.dev.ConsoleRenderer(colors=False)]),
    },
    "handlers": _HANDLERS,
    "root": {"handlers": [*_HANDLERS], "level": ENV.LOG_LEVEL},
    "loggers": {
        # Celery's lines about each task: the steps of a job tell the same, with what belongs to it.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "jobs.steps": {"level": ENV.LOG_LEVEL},
        "httpx": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "django.server": {"level": "INFO"},
    },
}
