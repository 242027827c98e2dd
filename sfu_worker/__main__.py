"""``python -m sfu_worker``: keep one media worker running. See ``sfu_worker.watchdog``."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    # Until the watchdog listens, Ctrl-C ends this without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from sfu_worker.watchdog.main import main

    sys.exit(main())
