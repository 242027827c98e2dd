"""``python -m sfu_worker``: run one media worker."""

from __future__ import annotations

import sys

from sfu_worker.process import main

if __name__ == "__main__":
    sys.exit(main())
