"""A push service and a browser: it decrypts what it is sent (RFC 8291), over TLS."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.deploy.proxies import HOST
from tests.rooms.raw_site import RawSite, answer


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PushService:
    """``statuses`` has what it says for each path, otherwise 201. Paths in ``silent`` wait."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        self.statuses: dict[str, str] = {}
        self.silent: set[str] = set()
        self.got: dict[str, tuple[dict[str, str], bytes]] = {}
        self.asked, self.ended = threading.Event(), threading.Event()
        self.site = RawSite(self._take, tls, "127.0.0.1")
        self.origin = f"https://{HOST}:{self.site.port}"

    def subscription(self, path: str = "/a") -> dict[str, str]:
        """As the page sends it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        endpoint = f"{self.origin}{path}"
        return {"endpoint": endpoint, "p256dh": encoded(point), "auth": encoded(self.auth)}

    def _take(self, connection: socket.socket, request: bytes) -> None:
        head, body = request.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        path = first.split()[1]
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536)
        if path in self.silent:
            self.asked.set()
            self.ended.wait(30)
            return
        self.got[path] = headers, body
        connection.sendall(answer(status=self.statuses.get(path, "201 Created")))

    def payload(self, path: str = "/a") -> Any:
        """What a browser hands to the service worker."""
        body = self.got[path][1]
        salt, size = body[:16], body[20]
        sender, cipher = body[21 : 21 + size], body[21 + size :]
        curve = ec.SECP256R1()
        public = ec.EllipticCurvePublicKey.from_encoded_point(curve, sender)
        own = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = self.key.exchange(ec.ECDH(), public)
        secret = _hkdf(self.auth, shared, b"WebPush: info\0" + own + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        text = AESGCM(key).decrypt(nonce, cipher, None).rstrip(b"\0")
        assert text.endswith(b"\x02")
        return json.loads(text[:-1])

    def claims(self, key: str, path: str = "/a") -> dict[str, Any]:
        """What the sender says of itself, signed with ``key`` (RFC 8292)."""
        found = re.fullmatch(
            r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)",
            self.got[path][0]["authorization"],
        )
        assert found
        assert found[4] == key
        raw = decoded(found[3])
        signature = encode_dss_signature(
            int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        )
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
        public.verify(signature, f"{found[1]}.{found[2]}".encode(), ec.ECDSA(hashes.SHA256()))
        claims: dict[str, Any] = json.loads(decoded(found[2]))
        return claims

    def stop(self) -> None:
        self.ended.set()
        self.site.stop()


def _hkdf(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=size, salt=salt, info=info).derive(secret)
