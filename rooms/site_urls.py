"""Addresses for other sites and their readers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
