"""Logging in with one click: only a demo may do that."""

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

NAMES = ["ada", "grace"]


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Become one of the demo's users."""
    users = get_user_model().objects.filter(username__in=NAMES)
    user = get_object_or_404(users, username=request.POST.get("name"))
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return _back(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Become nobody."""
    logout(request)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return redirect(page if is_ours else "house")
