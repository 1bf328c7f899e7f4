"""The lamps of the house."""

from django.db import models


class Lamp(models.Model):
    """A lamp behind one window."""

    number = models.PositiveSmallIntegerField(unique=True)
    is_on = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Lamp {self.number}"
