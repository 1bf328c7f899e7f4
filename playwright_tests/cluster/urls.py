"""The addresses of the documented project, and a page that shows what comes."""

from django.urls import path

from playwright_tests.cluster import views
from playwright_tests.seed.urls import urlpatterns as seed

urlpatterns = [
    path("log/", views.log),
    path("login/<str:username>/", views.log_in),
    *seed,
]
