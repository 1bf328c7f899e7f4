"""The addresses of the unit tests: none; tests that need some bring their own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
