"""A connection to an address that was checked, with a budget of time and bytes for all of it."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rooms.fetching.errors import Failed, TooSlow
from rooms.fetching.targets import Target

# A name may have any number of addresses. The first ones are tried.
MAX_ADDRESSES = 4


@dataclass
class Budget:
    """``deadline`` is in seconds of ``time.monotonic``; ``size`` counts bytes still to receive."""

    deadline: float
    size: int

    def seconds(self) -> float:
        """What is left. Raises Failed if it is nothing."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TooSlow("The site took too long.")
        return left

    def take(self, size: int) -> None:
        self.size -= size
        if self.size < 0:
            raise Failed("The site's answer is too large.")


if TYPE_CHECKING:
    _Base = socket.socket
else:
    _Base = object


class _Bounded(_Base):
    """A socket that gives each wait what is left of the budget.

    A timeout alone would begin anew with each byte.
    """

    budget: Budget

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.budget.seconds())
        size = super().recv_into(*args)
        self.budget.take(size)
        return size

    def send(self, *args: Any) -> int:
        self.settimeout(self.budget.seconds())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        self.settimeout(self.budget.seconds())
        super().sendall(*args)


class _Plain(_Bounded, socket.socket):
    pass


class _Tls(_Bounded, ssl.SSLSocket):
    pass


class Connection(http.client.HTTPConnection):
    """To one of ``addresses``, in the name of ``target``. Nothing is looked up again."""

    def __init__(self, target: Target, addresses: Sequence[str], budget: Budget) -> None:
        super().__init__(target.host, target.port)
        self._target = target
        self._addresses = addresses[:MAX_ADDRESSES]
        self._budget = budget

    def connect(self) -> None:
        """Raises Failed or OSError."""
        plain = self._dial()
        self.sock = plain
        if self._target.scheme == "https":
            # Closes the plain socket if it fails.
            self.sock = self._tls_context().wrap_socket(plain, server_hostname=self._target.host)

    def _dial(self) -> _Plain:
        for tried, address in enumerate(self._addresses, start=1):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = _Plain(family, socket.SOCK_STREAM)
            sock.budget = self._budget
            try:
                # Those that follow get a share of the time.
                sock.settimeout(self._budget.seconds() / (len(self._addresses) - tried + 1))
                sock.connect((address, self._target.port))
                sock.settimeout(self._budget.seconds())
            except (OSError, Failed):
                sock.close()
                if tried == len(self._addresses):
                    raise
            else:
                return sock
        raise Failed("The site's name has no address.")

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        context.sslsocket_class = type("_BudgetTls", (_Tls,), {"budget": self._budget})
        return context
