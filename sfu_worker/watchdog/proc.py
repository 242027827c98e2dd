"""What the kernel tells about a process (Linux: /proc)."""

from __future__ import annotations

import os
from pathlib import Path

from sfu_worker.watchdog.health import Sample


def sample(pid: int) -> Sample | None:
    """The state and CPU time of a process; None if the kernel does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The second word is the command's name, in which anything may stand.
        words = stat.rpartition(")")[2].split()
        ticks = int(words[11]) + int(words[12])
        return Sample(words[0], ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return None
