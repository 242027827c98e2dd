"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, path

from rooms.views import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health.health, name="health"),
]
