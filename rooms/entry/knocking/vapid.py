"""The key by which browsers' push services know this site (VAPID, RFC 8292).

It is made when it is first needed. A browser that asked to be notified accepts nothing that was
signed with another one.
"""

from __future__ import annotations

import base64
import functools
from email.utils import parseaddr
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from rooms.fetching.targets import parse
from rooms.kept_file import kept


def public_key() -> str:
    """As scripts need it. Raises OSError if there is no key and none can be kept."""
    raw = _key(_path()).public_key()
    point = raw.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def signed(endpoint: str) -> dict[str, str]:
    """The header that says who sends. Raises OSError."""
    # Its libraries are large, and few processes ever notify anyone.
    from py_vapid import Vapid02

    claims = {"aud": parse(endpoint).origin, "sub": _contact()}
    headers: dict[str, str] = Vapid02(_key(_path())).sign(claims)
    return headers


def _contact() -> str:
    """Where a push service reaches whoever runs this site."""
    if settings.SITE_URL.startswith("https:"):
        return str(settings.SITE_URL)
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


def _path() -> Path:
    return Path(settings.DATA_DIR) / "push_key"


@functools.cache
def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(kept(path, _made).encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise OSError(f"{path.name} is not a key for notifications; delete it to get a new one")
    return key


def _made() -> str:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode().strip()
