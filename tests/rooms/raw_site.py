"""A web server that does exactly what a test says, byte by byte, on a real socket."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Takes the connection and the request's head, and sends whatever it likes.
Handler = Callable[[socket.socket, bytes], None]


class RawSite:
    """``requests`` has the head and the beginning of the body of each request so far."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None, address: str) -> None:
        self.handler = handler
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self._tls = tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        # The other side leaves in the middle of some tests.
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self._tls:
                connection = stack.enter_context(
                    self._tls.wrap_socket(connection, server_side=True)
                )
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.requests.append(head)
            self.handler(connection, head)

    def stop(self) -> None:
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


@contextmanager
def raw_site(
    handler: Handler, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> Iterator[RawSite]:
    site = RawSite(handler, tls, address)
    try:
        yield site
    finally:
        site.stop()


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """A complete answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def says(body: bytes = b"", *headers: str, status: str = "200 OK") -> Handler:
    """Always the same answer."""
    return lambda connection, _head: connection.sendall(answer(body, *headers, status=status))


def url(site: RawSite, path: str = "/", host: str = "127.0.0.1") -> str:
    return f"http://{host}:{site.port}{path}"
