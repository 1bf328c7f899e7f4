"""The page with the form."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.booking import signals
from demo.booking.forms import BookingForm
from demo.booking.models import Booking
from demo.form_errors import show_errors_so_far
from demo.source import function_source, template_source
from dfws_html.tasks import set_websocket_topics


def booking(request: HttpRequest) -> HttpResponse:
    """Show the form and the seats."""
    set_websocket_topics(request, Booking)
    context = {
        "form": BookingForm(),
        **signals.seats(),
        "template": template_source("booking/form.html"),
        "functions": function_source(signals.check, signals.book, show_errors_so_far),
    }
    return render(request, "booking/booking.html", context)
