"""The deny list of deploy/turnserver.conf against the addresses that a relay must never reach."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

CONF = (Path(__file__).resolve().parents[1] / "deploy/turnserver.conf").read_text(encoding="utf-8")
RANGES = [
    tuple(ipaddress.ip_address(end) for end in line.split("-"))
    for line in re.findall(r"^denied-peer-ip=(.+)$", CONF, re.MULTILINE)
]


def denied(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return any(
        first.version == address.version and int(first) <= int(address) <= int(last)
        for first, last in RANGES
    )


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
        ),
        *(
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
        ),
        *(
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fe80::1",
        ),
        *("fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "2001::1", "fec0::1"),
    ],
)
def test_special_addresses_are_denied(address: str) -> None:
    assert denied(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "172.32.0.1",
        "192.169.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
def test_public_addresses_are_not(address: str) -> None:
    assert not denied(address)
