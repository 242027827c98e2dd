"""The Django app that holds the system checks, and the admin with the owner's home."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfcallConfig(AppConfig):
    name = "confcall"

    def ready(self) -> None:
        from confcall import checks  # noqa: F401  importing registers them


class OwnerAdminConfig(AdminConfig):
    """Django's admin with another first page."""

    default_site = "confcall.owner_site.OwnerSite"
