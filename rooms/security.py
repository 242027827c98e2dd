"""What our pages may load and do, as header values."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

from django.conf import settings

# RFC 9725 names no headers for other sites; these are all that its clients read and send. No
# browser adds the token by itself, so any site whose user gives it a token may use it.
STREAM_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    # Some clients send ETag in place of If-Match.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, ETag",
    "Access-Control-Expose-Headers": ", ".join(
        (
            "Location",
            "ETag",
            "Link",
            "Allow",
            "Accept-Post",
            "Accept-Patch",
            "WWW-Authenticate",
            "Retry-After",
            "Access-Control-Allow-Methods",
        )
    ),
    "Access-Control-Max-Age": "7200",
}

# What a call in a frame may ask the browser for. static/embed/embed.js and the documentation have
# the same list.
FRAME_ALLOW = (
    "camera; microphone; display-capture; autoplay; fullscreen; clipboard-write; "
    "screen-wake-lock; picture-in-picture"
)

# Every path that looks like a WHIP or WHEP address, see rooms/whip_urls.py.
_STREAM_PATH = re.compile(r"/*wh[ie]p(?![a-z0-9_-])", re.IGNORECASE)


def cors(path: str) -> dict[str, str]:
    """What pages of other sites may do at an address of ours: use WHIP and WHEP, nothing else."""
    return STREAM_CORS if _STREAM_PATH.match(path) else {}


def origin(url: str) -> str:
    """Scheme, host and port of ``url``; empty for an empty URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


# Workers that compile WebAssembly. A worker has the policy of its own answer, so the page keeps the
# strict one.
_COMPILING = re.compile(r"/static/rooms/media/effects/workers/[\w.-]+\.js\Z")


def compiles(path: str) -> bool:
    """Is this the script of a worker that has to compile WebAssembly?"""
    return _COMPILING.match(path) is not None


def worker_policy() -> str:
    """The policy of such a worker: files of this site, and no ``eval``."""
    return (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def service_worker_policy() -> str:
    """The policy of the service worker, which loads nothing and asks for nothing."""
    return "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def content_security_policy(frame_ancestors: str = "'none'") -> str:
    """The policy of every page. ``frame_ancestors`` says which sites may frame it."""
    # Only current browsers let 'self' cover ws: and wss:, hence the names. The policy's grammar has
    # no IPv6 addresses.
    sockets = [own.replace("http", "ws", 1) for own in settings.SITE_ORIGINS if "[" not in own]
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "media-src": ["'self'", "blob:", "mediastream:"],
        "connect-src": ["'self'", *sockets],
        "font-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "frame-src": ["'self'", origin(settings.ETHERPAD_URL)],
        "frame-ancestors": [frame_ancestors],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
    return "; ".join(" ".join([name, *filter(None, values)]) for name, values in directives.items())


def inline_policy(style: str, script: str, frame_ancestors: str) -> str:
    """The policy of a small page that has its style, and maybe a script, inside."""
    directives = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script) if script else "'none'",
        "img-src": "'self'",
        "frame-ancestors": frame_ancestors,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def permissions_policy() -> str:
    """Devices are for our own pages, not for frames; Etherpad may copy to the clipboard."""
    pad = f' "{origin(settings.ETHERPAD_URL)}"' if settings.ETHERPAD_URL else ""
    own = ("camera", "microphone", "display-capture", "screen-wake-lock", "autoplay", "fullscreen")
    none = ("geolocation", "payment", "usb", "serial", "hid", "midi")
    parts = (
        [f"{name}=(self)" for name in own]
        + [f"clipboard-write=(self{pad})"]
        + [f"{name}=()" for name in none]
    )
    return ", ".join(parts)
