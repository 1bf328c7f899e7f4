"""The pages of the browser tests' site."""

from django.urls import include, path

from playwright_tests.site import beside, views

urlpatterns = [
    path("", views.page, name="page"),
    path("pushing/", views.pushing),
    path("login/<str:username>/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("elsewhere/", views.elsewhere),
    path("", include("django_components.urls")),
    path("favicon.ico", views.nothing),
    *beside.urlpatterns,
]
