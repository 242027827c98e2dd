"""Names of hosts: what browsers send for them, and the same in all places that read them."""

from __future__ import annotations

import pytest

from rooms.entry import framing
from rooms.entry.sites import domains
from rooms.fetching import targets
from rooms.hostnames import BadHost, to_ascii


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Example.ORG", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BU\u0308CHER.example", "xn--bcher-kva.example"),
        # Other domains than those with "ss" and "σ", since IDNA 2008.
        ("straße.example", "xn--strae-oqa.example"),
        ("ς.example", "xn--3xa.example"),
        ("ｅｘａｍｐｌｅ．org", "example.org"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("１９２.0.2.7", "192.0.2.7"),
        ("example.org.", "example.org."),
        ("a_b.example", "a_b.example"),
        ("ab--c.example", "ab--c.example"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_host_is_written_as_browsers_send_it(written: str, sent: str) -> None:
    assert to_ascii(written) == sent
    assert to_ascii(sent) == sent


@pytest.mark.parametrize(
    "written",
    [
        "bl\u200bog.example", "a\u00adb.example", "a\u202eb.example", "a\u200db.example",
        "a\x00.example", "a\x7f.example", "ü..example", "-ü.example", "a℀b.example",
        "ü％41.example", "ü b.example", "ü/b.example", "ü" * 64 + ".example", "ü." * 127, "a" * 300,
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(BadHost):
        to_ascii(written)


@pytest.mark.parametrize("name", ["straße.example", "BÜCHER.example", "ｅｘａｍｐｌｅ.org"])
def test_a_name_means_the_same_host_wherever_it_is_written(name: str) -> None:
    host = to_ascii(name)
    assert framing.parse(f"https://{name}") == f"https://{host}"
    assert domains.to_ascii(name) == host
    assert targets.parse(f"https://{name}/").host == host
