"""A mail server (SMTP, RFC 5321) that keeps what it is sent, or never says a word."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """``silent``: it accepts connections and does not answer."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, silent: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.silent, self.port = silent, self.server_address[1]
        self.mails: list[EmailMessage] = []
        self.arrived, self.ended = threading.Event(), threading.Event()


class Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.arrived.set()
        if self.server.silent:
            self.server.ended.wait(30)
            return
        self._say("220 here")
        for line in self.rfile:
            match line.split()[:1]:
                case [
                    b"EHLO" | b"HELO" | b"MAIL" | b"RCPT" | b"RSET" | b"ehlo" | b"mail" | b"rcpt"
                ]:
                    self._say("250 ok")
                case [b"DATA" | b"data"]:
                    self._say("354 go on")
                    self._keep()
                case _:
                    return self._say("221 bye")

    def _keep(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        body = b"".join(line.removeprefix(b".") for line in lines)
        self.server.mails.append(message_from_bytes(body, policy=policy.default))
        self._say("250 kept")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextlib.contextmanager
def mail_server(silent: bool = False) -> Iterator[MailServer]:
    """While it runs."""
    with MailServer(silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
