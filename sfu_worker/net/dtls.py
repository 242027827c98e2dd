"""DTLS 1.2 by aiortc: the certificate, the handshake and the SRTP keys that come out of it.

This is the only file that touches private parts of aiortc. The version is pinned to a minor, and
tests/sfu_worker/net/test_private_parts.py guards those parts. ``RTCDtlsTransport`` uses only
``role``, ``_recv`` and ``_send`` of its ICE transport. Its own packet routing is never used: it is
fed DTLS records only, from addresses that STUN has validated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES
from OpenSSL import SSL

from sfu_worker.tasks import Complaints

log = logging.getLogger(__name__)
COMPLAINTS = Complaints(log)

Role = Literal["server", "client"]

# The fourth retransmission (RFC 6347, 4.2.4.1) would come later: a call that needs it is better
# begun anew.
HANDSHAKE_SECONDS = 10.0
# Records that wait for the handshake. A flight is a handful.
MAX_WAITING = 64

# Cheapest first: GCM was measured at 1.0 µs less per packet than AES-CM with SHA-1. 256-bit keys
# protect nothing more here.
PREFERENCE = (b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80", b"SRTP_AEAD_AES_256_GCM")
PROFILES = sorted(SRTP_PROFILES, key=lambda profile: PREFERENCE.index(profile.openssl_profile))


class _Certificate(RTCCertificate):
    """Makes one SSL context for all connections: each costs 60 kB and is in a reference cycle."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            # No connection is resumed, so none needs to be remembered.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._context


class Certificate:
    """A self-signed certificate; one serves all transports of a process.

    ``fingerprint`` is SHA-256, upper-case with colons.
    """

    def __init__(self) -> None:
        self.inner = _Certificate.generateCertificate()
        self.fingerprint = next(
            f.value for f in self.inner.getFingerprints() if f.algorithm == "sha-256"
        )


class _Lower:
    """RTCDtlsTransport's ICE transport: a bounded queue of records in, a function out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)


class Dtls:
    """One DTLS association.

    ``on_keys(rx, tx)`` is called once, when the handshake is done and every fingerprint matches.
    ``on_end()`` is called once, when the handshake failed or took longer than
    ``HANDSHAKE_SECONDS``, or when the peer closed. Neither is called after ``stop``. Raises
    ValueError without a fingerprint.
    """

    def __init__(
        self,
        certificate: Certificate,
        role: Role,
        fingerprints: Sequence[tuple[str, str]],
        send: Callable[[bytes], None],
        on_keys: Callable[[pylibsrtp.Session, pylibsrtp.Session], None],
        on_end: Callable[[], None],
    ) -> None:
        if not fingerprints:
            raise ValueError("a peer without a fingerprint cannot be authenticated")
        self._lower = _Lower(send)
        self._inner = RTCDtlsTransport(cast("Any", self._lower), [certificate.inner])
        self._inner._set_role(role)
        self._inner._srtp_profiles = PROFILES
        self._parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=a, value=v) for a, v in fingerprints],
            role=role,
        )
        self._on_keys = on_keys
        self._on_end: Callable[[], None] | None = on_end
        self._task: asyncio.Task[None] | None = None
        # Stays true after ``stop``: an association begins only once.
        self.started = False

    def start(self) -> None:
        """Begin the handshake: a client sends its first flight, a server waits for one."""
        self.started = True
        self._task = asyncio.get_running_loop().create_task(self._handshake())

    def feed(self, record: bytes) -> None:
        """Take a datagram with DTLS records. It must not be empty: aiortc reads its first byte."""
        if not self._lower.queue.full():
            self._lower.queue.put_nowait(record)

    async def stop(self) -> None:
        """Send close_notify, end the tasks and wait for them. May be called more than once."""
        self.started = True
        self._on_end = None
        tasks = [task for task in (self._task, self._inner._task) if task is not None]
        if self._task is not None:
            self._task.cancel()
            self._task = None
        try:
            await self._inner.stop()
        except Exception:
            log.debug("- DTLS did not close in order", exc_info=True)
        await asyncio.gather(*tasks, return_exceptions=True)
        # The listener is a method of ours: without it nothing here points to itself.
        self._inner.remove_all_listeners()

    async def _handshake(self) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await self._inner.start(self._parameters)
        except TimeoutError:
            log.info("x DTLS handshake took longer than %d s", HANDSHAKE_SECONDS)
        except Exception:
            # Whatever OpenSSL or aiortc tripped over ends this association and nothing else.
            COMPLAINTS.tell("a DTLS handshake")
        try:
            self._report()
        except Exception:
            COMPLAINTS.tell("starting a connection")
            self._end()

    def _report(self) -> None:
        """Say how the handshake ended."""
        if self._inner.state == "connected" and self._on_end is not None:
            self._inner.on("statechange", self._changed)
            self._on_keys(self._inner._rx_srtp, self._inner._tx_srtp)
        else:
            self._end()

    def _changed(self) -> None:
        if self._inner.state in ("closed", "failed"):
            self._end()

    def _end(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            try:
                on_end()
            except Exception:
                # No one awaits this: in a task of aiortc's the error would vanish.
                COMPLAINTS.tell("ending a connection")
