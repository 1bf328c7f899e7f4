"""The addresses of the documented project."""

from django.urls import path

from playwright_tests.seed import signals, views

urlpatterns = [
    path("", views.any_view),
    path("view/", signals.any_view),
    path("another/<int:obj_id>/", views.another_view),
    path("favicon.ico", views.nothing),
]
