"""One model, whose instances are topics."""

from django.db import models


class Thing(models.Model):
    """Something that windows look at."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name
