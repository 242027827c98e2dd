"""The parent of a worker process: starts it, watches it, and replaces it from a spare.

``python -m sfu_worker`` is this. It imports nothing of the worker but its settings and the names in
Redis, so that little can make it fail. ``watchdog`` is the loop, ``child`` a worker process as its
parent sees it and ``link`` the other end of their line, ``health`` decides whether an event loop
hangs, ``proc`` asks the kernel, ``pauses`` slows a series of crashes down, and ``deaths`` tells the
others through Redis.
"""
