"""The shipped deploy/turnserver.conf in a real coturn: which peers it relays to.

A client asks for a channel to a peer. That sends nothing to the peer; coturn says yes or "403
Forbidden IP". coturn's own comparison of addresses is what counts: for it a range that begins with
``::`` contains all of IPv4, and IPv6 addresses are compared byte by byte.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from aioice import stun, turn

from rooms.page.ice_servers import credentials
from tests.deploy.coturn import SECRET, coturn
from tools.product import ROOT

FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.5", "10.255.255.255", "100.64.0.1", "127.0.0.1"),
    *("127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.2.1"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "203.0.113.1", "224.0.0.1"),
    "255.255.255.255",
    *("::", "::1", "::ffff:10.0.0.5", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::a00:1"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1"),
    *("fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"),
    # Zeros at the end and in between: coturn compares byte by byte.
    *("::ffff:10.0.1.0", "::ffff:192.168.0.0", "::ffff:127.1.0.0", "::a00:100", "::1:0"),
    *("::100:0", "::1:0:0", "::100:0:0", "::ffff:0.0.0.0", "64:ff9b::", "100::", "2001:db8::"),
    *("2002::", "fc00::", "fdff:ff00::", "fe80::", "fec0::ff00", "ff02::100"),
]
# Networks that are not public (RFC 6890), and ways to write IPv4 in IPv6.
SPECIAL = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/96", "::ffff:0:0/96", "::ffff:10.0.0.0/104", "64:ff9b::/96", "64:ff9b:1::/48"),
    *("100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10"),
    *("fec0::/10", "ff00::/8", "::ffff:0:0:0/96", "3fff::/20", "5f00::/16"),
]
# Allocate addresses of the family over which the client connected.
BOTH = ("--listening-ip=::1", "--relay-ip=::1", "--allocation-default-address-family=keep")
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.128.0.1", "172.32.0.1", "192.169.0.1"),
    *("223.255.255.254", "2606:4700::1111", "2a00:1450::1", "2003::1"),
]


@asynccontextmanager
async def allocation(server: tuple[str, int]) -> AsyncIterator[turn.TurnClientUdpProtocol]:
    """A client with a relayed address, by credentials as the web server makes them."""
    user, password = credentials(SECRET, "someone", datetime.now(UTC))
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: turn.TurnClientUdpProtocol(server, user, password, 600, 500), remote_addr=server
    )
    try:
        await client.connect()
        yield client
        await client.delete()
    finally:
        transport.close()


async def ask(server: tuple[str, int], peers: Iterable[str]) -> dict[str, int]:
    """coturn's answers to channels to these peers: 0, or the number of the error."""
    answers = {}
    async with allocation(server) as client:
        for number, peer in enumerate(peers, start=0x4000):
            try:
                await client.channel_bind(number, (peer, 9))
                answers[peer] = 0
            except stun.TransactionFailed as failure:
                answers[peer] = failure.response.attributes["ERROR-CODE"][0]
    return answers


def answer_to(port: int, peers: Iterable[str], host: str = "127.0.0.1") -> dict[str, int]:
    return asyncio.run(ask((host, port), peers))


def answers_to(port: int, peers: Iterable[str]) -> dict[str, int]:
    """The answers for peers of both families."""
    of: dict[int, list[str]] = {4: [], 6: []}
    for peer in peers:
        of[ipaddress.ip_address(peer).version].append(peer)
    return {**answer_to(port, of[4]), **answer_to(port, of[6], "::1")}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The answers for all peers, asked once: IPv4 over 127.0.0.1, IPv6 over ::1."""
    with coturn(tmp_path_factory.mktemp("coturn"), *BOTH) as port:
        return answers_to(port, [*FORBIDDEN, *PUBLIC])


@pytest.mark.parametrize("peer", FORBIDDEN)
def test_the_relay_refuses_addresses_that_are_not_public(
    answers: dict[str, int], peer: str
) -> None:
    assert answers[peer] == 403


@pytest.mark.parametrize("peer", PUBLIC)
def test_the_relay_reaches_public_addresses(answers: dict[str, int], peer: str) -> None:
    assert answers[peer] == 0


def test_one_private_address_can_be_let_in_alone(tmp_path: Path) -> None:
    with coturn(tmp_path, "--allowed-peer-ip=192.168.1.10") as port:
        answers = answer_to(port, ["192.168.1.10", "192.168.1.11", "10.0.0.5", "8.8.8.8"])
    assert list(answers.values()) == [0, 403, 403, 0]


def sample(network: str, rng: random.Random) -> str:
    """An address of the network, every other byte of which is zero behind the prefix."""
    inside = ipaddress.ip_network(network)
    length = inside.max_prefixlen // 8
    noise = bytes(rng.choice((0, rng.randrange(256))) for _ in range(length))
    bits = int.from_bytes(noise) & int(inside.hostmask)
    return str(inside[bits])


def test_the_relay_knows_whole_networks(tmp_path: Path) -> None:
    rng = random.Random(1)
    special = {sample(network, rng) for network in SPECIAL for _ in range(12)}
    public = {sample(network, rng) for network in ("8.0.0.0/8", "2600::/8", "2a00::/8")}
    with coturn(tmp_path, *BOTH) as port:
        found = answers_to(port, [*special, *public])
    assert [peer for peer in special if found[peer] != 403] == []
    assert [peer for peer in public if found[peer] != 0] == []


async def test_a_server_with_a_private_address_tells_its_public_one(tmp_path: Path) -> None:
    with coturn(tmp_path, "--external-ip=198.51.100.7/127.0.0.1") as port:
        async with allocation(("127.0.0.1", port)) as client:
            assert client.relayed_address is not None
            assert client.relayed_address[0] == "198.51.100.7"


def test_the_health_check_of_compose_finds_it(tmp_path: Path) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    kind, check = services["coturn"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    with coturn(tmp_path) as port:
        subprocess.run(check.replace("-p 3478", f"-p {port}"), shell=True, check=True)
