"""The one stream of log lines that a person sees, each with the name of its process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TextIO

NAME_WIDTH = 8
# A longer line is split, so that a child cannot fill our memory.
LONGEST_LINE = 8192

COLOURS = {"serve": "1", "web": "36", "keeper": "35", "valkey": "31"}
WORKER_COLOUR = "32"

# ``write(name, line)``
Write = Callable[[str, str], None]


def prefixer(stream: TextIO, colour: bool | None = None) -> Write:
    """A function that writes ``name | line``, in colour on a terminal unless NO_COLOR is set."""
    coloured = (stream.isatty() and not os.environ.get("NO_COLOR")) if colour is None else colour

    def write(name: str, line: str) -> None:
        label = f"{name:<{NAME_WIDTH}}"
        if coloured:
            label = f"\x1b[{COLOURS.get(name, WORKER_COLOUR)}m{label}\x1b[0m"
        try:
            stream.write(f"{label} | {line}\n")
            stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone, or the disk is full; calls must go on

    return write


async def pump(reader: asyncio.StreamReader, show: Callable[[str], None]) -> None:
    """Copy a child's output line by line until it ends."""
    rest = b""
    while chunk := await reader.read(LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            show(line.decode("utf-8", "replace").rstrip("\r"))
    if rest:
        show(rest.decode("utf-8", "replace"))
