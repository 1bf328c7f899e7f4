"""Seats at one long table."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Sum

SEATS = 24


def free_seats() -> int:
    """Return how many seats nobody has booked."""
    return SEATS - (Booking.objects.aggregate(taken=Sum("guests"))["taken"] or 0)


class Booking(models.Model):
    """Somebody's seats."""

    name = models.CharField("your name", max_length=40, unique=True)
    email = models.EmailField("your e-mail address")
    guests = models.PositiveSmallIntegerField(
        "seats", validators=[MinValueValidator(1), MaxValueValidator(6)]
    )
    note = models.CharField("a wish", max_length=60, blank=True)

    def __str__(self) -> str:
        return self.name
