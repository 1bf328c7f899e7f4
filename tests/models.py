"""Models of the unit tests, for what needs tables of its own."""

import uuid

from django.db import models


class Tag(models.Model):
    """What lines have several of."""

    name = models.CharField(max_length=50)
    similar = models.ManyToManyField("self")

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """What pages show."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50)
    tags = models.ManyToManyField(Tag, related_name="lines")

    def __str__(self) -> str:
        return self.name


class ShortLine(Line):
    """The same table under another name."""

    class Meta:
        proxy = True

    def __str__(self) -> str:
        return self.name[:3]
