"""The reference site itself: it finds endpoints in every way, and records what it gets."""

from __future__ import annotations

import pytest

from tests.sites.reference import reference_site


@pytest.mark.parametrize("how", ["header", "link"])
def test_a_webmention_travels_between_two_sites(how: str) -> None:
    with reference_site() as ann, reference_site("Bob") as bob:
        target = bob.page_with_endpoint("/party", how)
        source = ann.reply("/rsvp", target, "yes")
        assert ann.send(source, target).status == 202
        assert bob.inbox.received == [(source, target)]
