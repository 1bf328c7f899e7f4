"""What the form answers."""

from typing import Any

from django.db import transaction

from demo.booking.forms import BookingForm
from demo.booking.models import SEATS, Booking, free_seats
from demo.form_errors import show_errors_so_far
from dfws_html import html
from dfws_html.decorators import everyone, signal
from dfws_html.window_info import WindowInfo


@signal(path="booking.check", is_allowed_to=everyone, queue="in-order")
def check(window_info: WindowInfo, form: BookingForm) -> None:
    show_errors_so_far(window_info, form, "#booking")


@signal(path="booking.book", is_allowed_to=everyone, queue="in-order")
@transaction.atomic
def book(window_info: WindowInfo, form: BookingForm) -> None:
    html.form_errors(window_info, form, "#booking")
    if form.is_valid():
        booking = form.save()
        html.text(window_info, "#answer", f"Welcome, {booking.name}: {booking.guests} booked.")
        show_seats(window_info)


@signal(path="booking.clear", is_allowed_to=everyone, queue="in-order")
@transaction.atomic
def clear(window_info: WindowInfo) -> None:
    Booking.objects.all().delete()
    show_seats(window_info)


def show_seats(window_info: WindowInfo) -> None:
    """Show the seats in every window."""
    html.replace_with(
        window_info,
        "#seats",
        template="booking/seats.html",
        context=seats(),
        to=[Booking],
    )


def seats() -> dict[str, Any]:
    """Return what the template of the seats shows."""
    return {"free": free_seats(), "all": SEATS, "chairs": range(SEATS)}
