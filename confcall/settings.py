"""Django's settings.

An operator's choices come from the environment: see ``confcall.env.SETTINGS``.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from confcall import env as environment
from confcall import parsers
from sfu_worker import wire

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.Env(os.environ)
ENV_PROBLEMS = env.problems  # shown by confcall.checks

DEBUG = env.flag("DEBUG")
HOST = env.text("HOST")
PORT = env.number("PORT", 1, 65535)
LOG_LEVEL = env.parse("LOG_LEVEL", parsers.parse_log_level)
DATA_DIR = BASE_DIR / env.text("DATA_DIR")

SECRET_KEY = env.parse("SECRET_KEY", parsers.parse_secret_key)
if not SECRET_KEY:
    try:
        SECRET_KEY = environment.kept_secret_key(DATA_DIR / "secret_key")
    except (OSError, UnicodeDecodeError) as exc:
        # Good for this process only. The problem stops everything that runs system checks.
        SECRET_KEY = secrets.token_urlsafe(50)
        env.problem(
            "SECRET_KEY",
            f"The secret key cannot be kept in DATA_DIR: {exc}.",
            "Let DATA_DIR name a folder that this user may write.",
        )

# Where the site is. Hosts, CSRF and WebSocket origins all follow from SITE_URL.

SITE_URL = env.parse("SITE_URL", parsers.parse_site) or f"http://127.0.0.1:{PORT}"
EXTRA_HOSTS = env.words("EXTRA_HOSTS", parsers.parse_host)
TRUST_PROXY = env.flag("TRUST_PROXY")

_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
_own_hosts = [_site.netloc, *EXTRA_HOSTS]
_loopback = ["localhost", "127.0.0.1", "[::1]"]
if _site.hostname in ("localhost", "127.0.0.1", "::1"):
    _own_hosts += [host if _site.port is None else f"{host}:{_site.port}" for host in _loopback]
# The origins of our own pages, the only ones that may open a WebSocket.
SITE_ORIGINS = list(dict.fromkeys(f"{_site.scheme}://{host}" for host in _own_hosts))
# Containers' health checks use loopback. A foreign name that points there gains nothing.
ALLOWED_HOSTS = [re.sub(r":\d+$", "", host) for host in (_site.netloc, *EXTRA_HOSTS)] + _loopback
CSRF_TRUSTED_ORIGINS = SITE_ORIGINS

# Other services

REDIS_URL = env.parse("REDIS_URL", parsers.parse_redis)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "rooms.workers.layer.LastingRedisChannelLayer",
        "CONFIG": wire.layer_options(REDIS_URL),
    }
}

ETHERPAD_URL = env.parse("ETHERPAD_URL", parsers.parse_url)
ETHERPAD_API_URL = env.parse("ETHERPAD_API_URL", parsers.parse_url) or ETHERPAD_URL
ETHERPAD_API_KEY = env.text("ETHERPAD_API_KEY")

TURN_URLS = env.words("TURN_URLS", parsers.parse_ice(("turn", "turns")))
TURN_SECRET = env.text("TURN_SECRET")
STUN_URLS = env.words("STUN_URLS", parsers.parse_ice(("stun", "stuns")))

# The media workers read these themselves. They are checked here, and `serve` passes them on.
SFU_WORKERS = env.parse("SFU_WORKERS", parsers.parse_workers)
SFU_PORT = env.number("SFU_PORT", 0, 65535)
SFU_LISTEN = env.words("SFU_LISTEN", parsers.parse_address)
SFU_ANNOUNCE = env.words("SFU_ANNOUNCE", parsers.parse_address)
SFU_DRAIN_SECONDS = env.number("SFU_DRAIN_SECONDS", 0, 3600)

FETCH_PRIVATE = env.words("FETCH_PRIVATE", parsers.parse_host)

MICROPUB_URL = env.parse("MICROPUB_URL", parsers.parse_endpoint)
MICROPUB_TOKEN = env.text("MICROPUB_TOKEN")

METRICS_TOKEN = env.parse("METRICS_TOKEN", parsers.parse_token)

# E-mail: see rooms/entry/knocking/
EMAIL_HOST = env.parse("EMAIL_HOST", parsers.parse_mail_host)
EMAIL_PORT = env.number("EMAIL_PORT", 1, 65535)
_EMAIL_TLS = env.parse("EMAIL_TLS", parsers.parse_mail_tls)
EMAIL_USE_TLS, EMAIL_USE_SSL = _EMAIL_TLS == "starttls", _EMAIL_TLS == "tls"
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = (
    env.parse("EMAIL_FROM", parsers.parse_mail_address) or f"confcall@{_site.hostname}"
)

MAX_UPLOAD_MB = env.number("MAX_UPLOAD_MB", 1, 100)
MAX_IMAGE_MEGAPIXELS = env.number("MAX_IMAGE_MEGAPIXELS", 1, 400)
FILE_UPLOAD_HANDLERS = ["rooms.looks.uploads.BoundedUploadHandler"]

# Database

_sqlite = f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
try:
    _database = dj_database_url.parse(
        env.text("DATABASE_URL") or _sqlite, conn_max_age=60, conn_health_checks=True
    )
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
    # The exception's message may contain the password, so it is not shown.
    env.problem(
        "DATABASE_URL",
        "DATABASE_URL cannot be understood.",
        "Write it as in postgres://user:password@host:5432/name.",
    )
    _database = dj_database_url.parse(_sqlite)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # Readers do not wait for the writer. Writers queue for some seconds instead of failing;
        # only IMMEDIATE ensures that.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        # In seconds, and shorter than rooms.database.LIMIT_SECONDS.
        "timeout": 4,
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    # A server that is gone is noticed within seconds, also if nothing says so.
    _database["OPTIONS"] = {
        "connect_timeout": 3,  # s
        "keepalives_idle": 5,  # s
        "keepalives_interval": 2,  # s
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # ms
        **_database.get("OPTIONS", {}),
    }
DATABASES = {"default": _database}

# Django

INSTALLED_APPS = [
    "daphne",
    "confcall.apps.OwnerAdminConfig",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "confcall.apps.ConfcallConfig",
    "rooms.apps.RoomsConfig",
]

MIDDLEWARE = [
    "confcall.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "confcall.static.StaticFilesMiddleware",
    "confcall.languages.LanguageMiddleware",
    "confcall.time_zone.SiteTimeMiddleware",
    "confcall.busy.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "confcall.busy.BusyMiddleware",
]

# Widgets use the site's templates, so that ours can replace the admin's.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

ROOT_URLCONF = "confcall.urls"
ASGI_APPLICATION = "confcall.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = env.parse("LANGUAGE_CODE", parsers.parse_language)
# Those with a catalogue in locale/, and the owner's. rooms.languages chooses among them.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
if LANGUAGE_CODE not in dict(LANGUAGES):
    LANGUAGES.append((LANGUAGE_CODE, LANGUAGE_CODE))
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.parse("TIME_ZONE", parsers.parse_time_zone)
# Dates that are read the same way everywhere, with the 24 hours of the clock.
FORMAT_MODULE_PATH = "confcall.formats"
USE_I18N = True
USE_TZ = True

# Static files and images

STATIC_URL = "/static/"
STATIC_ROOT = (
    DATA_DIR / "static"
)  # created by `collectstatic`; the checkout itself may be read-only
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "confcall.static.ManifestStorage",
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Before `collectstatic` has run (in a checkout or in tests), the files are served from their place.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"

# Security

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = (
    "no-referrer"  # addresses are secrets; the admin has its own, see confcall.headers
)
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # Without a trusted proxy, nothing says that a request came by HTTPS, and redirects would not
    # end.
    SECURE_SSL_REDIRECT = TRUST_PROXY
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
# W005, W021: we cannot promise that the *other* names under this host use HTTPS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_tokens": {"()": "confcall.logs.NoTokens"},
        "strangers": {"()": "confcall.logs.Strangers"},
    },
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["strangers", "no_tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
        # A line for each request of a browser is too much at INFO.
        "daphne": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
        "channels_redis": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
    },
}
