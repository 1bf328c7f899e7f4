"""The form for booking seats: nothing in it knows of websockets."""

from django import forms
from django.core.exceptions import ValidationError

from demo.booking.models import Booking, free_seats


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Seats for a few people, as long as there are some."""

    class Meta:
        model = Booking
        fields = ["name", "email", "guests", "note"]
        widgets = {
            "name": forms.TextInput({"autocomplete": "name"}),
            "email": forms.EmailInput({"autocomplete": "email"}),
        }
        help_texts = {
            "name": "Each name can book once.",
            "email": "Nobody will write to it.",
            "guests": "One to six.",
            "note": "At most 60 characters.",
        }
        error_messages = {"name": {"unique": "This name has booked already."}}

    def clean_guests(self) -> int:
        """Refuse more seats than are free."""
        guests: int = self.cleaned_data["guests"]
        free = free_seats()
        if guests > free:
            raise ValidationError(f"Only {free} left." if free else "All seats are taken.")
        return guests
