"""Reads the microformats of one page, in a process of its own with limits.

    python -m rooms.indieweb.parse_page < '["https://ann.example/", "<html>…"]'

A page of a few kilobytes can keep the parser busy for minutes, and no thread can be stopped. The
answer is JSON on the standard output. A page that takes too much gives none.
"""

from __future__ import annotations

import json
import resource
import sys

import mf2py

CPU_SECONDS = 3
MEMORY_BYTES = 1 << 30
MAX_ANSWER = 4 << 20


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    url, html = json.load(sys.stdin)
    try:
        answer = json.dumps(mf2py.Parser(doc=html, url=url).to_dict())
    except Exception:  # the parser has no error of its own
        return 1
    if len(answer) > MAX_ANSWER:
        return 1
    sys.stdout.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
