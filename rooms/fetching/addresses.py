"""Which IP addresses belong to the public Internet. Pure.

Python's ``is_global`` differs between versions, and says nothing about addresses that contain an
IPv4 address. So networks that are not public are listed here too, from the IANA registries of
special-purpose addresses (RFC 6890) as of 2026.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; clouds serve their secrets here
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved and broadcast
    )
]

# All public unicast addresses are in here (RFC 4291, 2.4).
_PUBLIC_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = [
    ip_network(network)
    for network in (
        "2001::/23",  # protocols of the IETF, among them Teredo
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address behind a relay
        "3fff::/20",
    )
]

# The network's own translator passes these on to the IPv4 address in the last 32 bits (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether ``text`` is an IP address of the public Internet. Raises ValueError if it is none."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is None:
            outside = any(address in network for network in _NOT_PUBLIC_6)
            return address in _PUBLIC_6 and not outside and address.is_global
        address = inner
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to ``address`` reach in the end."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
