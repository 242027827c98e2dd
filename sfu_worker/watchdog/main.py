"""``python -m sfu_worker``: settings, logs and exit codes of a watchdog."""

from __future__ import annotations

import logging
import os
import sys

from sfu_worker.config import LOG_FORMAT, Config, ConfigError
from sfu_worker.watchdog.deaths import Deaths
from sfu_worker.watchdog.watchdog import Watchdog


def main(module: str = "sfu_worker.process") -> int:
    """Keep a worker running, which ``module`` is. A wrong setting is one clear line.

    Returns 0 after an ordered end, 2 for a wrong setting, and what the worker returned if it could
    not even be started.
    """
    try:
        config = Config.from_environment(os.environ)
    except ConfigError as exc:
        sys.stderr.write(f"sfu_worker: {exc}\n")
        return 2
    logging.basicConfig(level=config.log_level, format=LOG_FORMAT, stream=sys.stderr)
    return Watchdog(config, Deaths(config.redis_url), module).run()
