"""The model of the documentation's examples."""

from django.db import models


class MyModel(models.Model):
    """Something that has an id."""

    name = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.name
