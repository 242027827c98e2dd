"""Several hosts on one machine: network namespaces of Linux, joined by a router with NAT.

Host ``one`` has a private IPv4 address, host ``two`` a private IPv4 address and a public IPv6 one,
as behind most providers' routers. The router translates each host's public IPv4 address to its
private one. ``people`` is where the clients are, out in the Internet.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import ipaddress
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.parts import accepts, program, running
from tests.deploy.printed import printed_block

PLACES = ("router", "one", "two", "people")

# The bound addresses, and those that clients are told.
PRIVATE = {"one": "10.77.1.2", "two": "10.77.2.2"}
PUBLIC = {"one": "203.0.113.1", "two": "203.0.113.2"}
PUBLIC_V6 = "2001:db8:2::2"

# Each place's addresses and the router's beside it.
_WIRES = {
    "one": [("10.77.1.2/24", "10.77.1.1/24")],
    "two": [("10.77.2.2/24", "10.77.2.1/24"), ("2001:db8:2::2/64", "2001:db8:2::1/64")],
    "people": [("198.51.100.2/24", "198.51.100.1/24"), ("2001:db8:ff::2/64", "2001:db8:ff::1/64")],
}
_NAT = """
table ip nat {
  chain in { type nat hook prerouting priority dstnat; %(dnat)s }
  chain out { type nat hook postrouting priority srcnat; %(snat)s }
}
"""

PASSWORD = "only-for-tests"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Hosts:
    """The namespaces. ``inside`` one of them sockets and processes are made there."""

    def __init__(self) -> None:
        self._names = {place: f"confcall-{os.getpid()}-{place}" for place in PLACES}

    def probe(self) -> None:
        """Raises CalledProcessError or OSError if this machine does not permit namespaces."""
        _run("ip", "netns", "add", self._names["router"])
        with self.inside("router"):
            _set("ipv4/ip_forward", 1)
            _run("nft", "-f", "-", text=_NAT % {"dnat": "", "snat": ""})
            _run("nft", "flush", "ruleset")

    def make(self) -> None:
        """Make all namespaces and what joins them."""
        for place in PLACES[1:]:
            _run("ip", "netns", "add", self._names[place])
        for place in PLACES:
            with self.inside(place):
                _run("ip", "link", "set", "lo", "up")
                _set("ipv6/conf/all/disable_ipv6", 0)
                # Addresses are there at once, and still there after the link was down.
                _set("ipv6/conf/all/accept_dad", 0)
                _set("ipv6/conf/default/accept_dad", 0)
                _set("ipv6/conf/all/keep_addr_on_down", 1)
        for place, addresses in _WIRES.items():
            self._wire(place, addresses)
        with self.inside("router"):
            _set("ipv6/conf/all/forwarding", 1)
            pairs = [(PUBLIC[host], PRIVATE[host]) for host in PRIVATE]
            rules = _NAT % {
                "dnat": " ".join(f"ip daddr {out} dnat to {own};" for out, own in pairs),
                "snat": " ".join(
                    f"ip saddr {own} oifname people snat to {out};" for out, own in pairs
                ),
            }
            _run("nft", "-f", "-", text=rules)

    def _wire(self, place: str, addresses: list[tuple[str, str]]) -> None:
        router, name = self._names["router"], self._names[place]
        peer = ("peer", "name", "wire", "netns", name)
        _run("ip", "link", "add", place, "netns", router, "type", "veth", *peer)
        for own, beside in addresses:
            for at, device, address in ((name, "wire", own), (router, place, beside)):
                extra = ("nodad",) if ":" in address else ()
                _run("ip", "-n", at, "addr", "add", address, "dev", device, *extra)
        _run("ip", "-n", name, "link", "set", "wire", "up")
        self.plug(place)
        for _, beside in addresses:
            gateway = beside.partition("/")[0]
            _run("ip", "-n", name, "route", "add", "default", "via", gateway)

    @contextlib.contextmanager
    def inside(self, place: str) -> Iterator[None]:
        """This thread, and the threads and processes that it starts, are there."""
        path = f"/run/netns/{self._names[place]}"
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(path, os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(before)
            os.close(there)
            os.close(before)

    def unplug(self, place: str) -> None:
        """Pull the host's cable: neither end is told anything any more."""
        _run("ip", "-n", self._names["router"], "link", "set", place, "down")

    def plug(self, place: str) -> None:
        """Put the cable back."""
        _run("ip", "-n", self._names["router"], "link", "set", place, "up")

    def remove(self) -> None:
        """Remove everything. Processes inside must have ended."""
        for name in self._names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@contextlib.contextmanager
def hosts() -> Iterator[Hosts]:
    """The hosts until the end of the block. Skips the test where namespaces are not permitted."""
    for name in ("ip", "nft", "redis-server"):
        program(name)
    made = Hosts()
    try:
        try:
            made.probe()
        except (subprocess.CalledProcessError, OSError) as exc:
            said = getattr(exc, "stderr", "") or str(exc)
            # Also in CI, whose containers may not be allowed to.
            pytest.skip(f"network namespaces and NAT need root and its rights: {said.strip()}")
        made.make()
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def redis_with_tls(folder: Path, host: str) -> Iterator[str]:
    """A Redis with TLS, a password and a certificate of a CA of our own: its URL. Call inside."""
    folder.mkdir(parents=True, exist_ok=True)
    write_certificates(folder, host)
    # As the guide prints it.
    lines = printed_block("ini", "tls-port")
    for printed, ours in (("/etc/redis", str(folder)), ("10.0.0.1", host), ("PASSWORD", PASSWORD)):
        assert printed in lines
        lines = lines.replace(printed, ours)
    (folder / "redis.conf").write_text(f"{lines}dir {folder}\n")
    command = [program("redis-server"), str(folder / "redis.conf")]
    with running(command, folder / "redis.log", lambda: accepts(6379, host)):
        yield f"rediss://:{PASSWORD}@{host}:6379/0?ssl_ca_certs={folder / 'ca.pem'}"


def write_certificates(folder: Path, host: str) -> None:
    """A CA, and a certificate of it for an address: ca.pem, server.pem and server.key."""
    now = datetime.datetime.now(datetime.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA of the tests")])
    for name, key in keys.items():
        is_ca = name == "ca"
        subject = ca_name if is_ca else x509.Name([])
        builder = (
            x509.CertificateBuilder(ca_name, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca:
            address = x509.IPAddress(ipaddress.ip_address(host))
            alternatives = x509.SubjectAlternativeName([address])
            builder = builder.add_extension(alternatives, critical=True)
        certificate = builder.sign(keys["ca"], hashes.SHA256())
        pem = serialization.Encoding.PEM
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "server.key").write_bytes(
        keys["server"].private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _run(*command: str, text: str | None = None) -> None:
    # The programs of administrators may be outside the PATH.
    path = program(command[0])
    subprocess.run([path, *command[1:]], check=True, capture_output=True, text=True, input=text)


def _set(name: str, value: int) -> None:
    Path(f"/proc/sys/net/{name}").write_text(str(value))
