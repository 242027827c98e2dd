"""Calls of Etherpad's HTTP API. Etherpad 1.8 and 3.x both support version 1.2.15 of it.

Both accept the key only as a form field.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

API = "/api/1.2.15/"
TIMEOUT_SECONDS = 3.0
MAX_ANSWER_BYTES = 64 * 1024

# After a failure, skip Etherpad for this long: the call must not hang on the notes.
AWAY_SECONDS = 15.0

# The first version whose pads find their session although scripts cannot read its cookie.
READS_COOKIES = (1, 3, 1)


class PadUnavailable(Exception):
    """Etherpad does not answer or refuses: check its address and key in the settings."""


class AlreadyThere(PadUnavailable):
    """A request to make a pad that exists."""


class NotThere(PadUnavailable):
    """A request about a pad, a group or a session that does not exist."""


# Answers that are not failures, by Etherpad's message.
_ANSWERS = {
    "padID does already exist": AlreadyThere,
    "padName does already exist": AlreadyThere,
    "destinationID already exists": AlreadyThere,
    "padID does not exist": NotThere,
    "groupID does not exist": NotThere,
    "sessionID does not exist": NotThere,
}


class Api:
    """One Etherpad, as we reach it at ``url``. It remembers when Etherpad was away."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._away_until = 0.0
        self._reads_cookies: bool | None = None

    def call(
        self, function: str, most_bytes: int = MAX_ANSWER_BYTES, /, **values: str
    ) -> dict[str, Any]:
        """The data of the answer. Raises PadUnavailable."""
        if time.monotonic() < self._away_until:
            raise PadUnavailable("it did not answer a moment ago")
        data = urllib.parse.urlencode({"apikey": self._key, **values}).encode()
        request = urllib.request.Request(f"{self._url}{API}{function}", data=data, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                answer = json.loads(response.read(most_bytes))
            code, message, result = answer["code"], str(answer["message"]), answer["data"]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            # HTTPError is an OSError; its text contains the address, but not the key.
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise PadUnavailable(f"{function}: {exc}") from exc
        if code == 1 and message in _ANSWERS:
            raise _ANSWERS[message](message)
        if code != 0:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise PadUnavailable(f"{function}: {message[:200]}")
        return result if isinstance(result, dict) else {}

    def reads_cookies(self) -> bool:
        """Whether the pads find their session in a cookie that scripts cannot read.

        Etherpad 1.8 does not. If Etherpad does not say, it is a current one.
        """
        if self._reads_cookies is None:
            try:
                with urllib.request.urlopen(f"{self._url}/api", timeout=TIMEOUT_SECONDS) as answer:
                    text = str(json.loads(answer.read(MAX_ANSWER_BYTES))["currentVersion"])
                version = tuple(int(part) for part in text.split("."))
            except (OSError, ValueError, LookupError, TypeError):
                return True
            self._reads_cookies = version >= READS_COOKIES
        return self._reads_cookies
