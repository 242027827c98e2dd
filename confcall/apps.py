"""The Django app that holds the system checks."""

from django.apps import AppConfig


class ConfcallConfig(AppConfig):
    name = "confcall"

    def ready(self) -> None:
        from confcall import checks  # noqa: F401  importing registers them
