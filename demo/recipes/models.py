"""What the recipes show: plants of a garden, its diary, its tasks."""

from django.db import models


class Plant(models.Model):
    """One of the garden's plants."""

    name = models.CharField(max_length=40)
    latin = models.CharField(max_length=60)
    note = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """Something to do in the garden."""

    class Step(models.IntegerChoices):
        """How far it is."""

        LATER = 0, "Later"
        NOW = 1, "Now"
        DONE = 2, "Done"

    title = models.CharField(max_length=60)
    step = models.PositiveSmallIntegerField(choices=Step, default=Step.LATER)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Message(models.Model):
    """What somebody said over the fence."""

    author = models.CharField(max_length=20)
    text = models.CharField(max_length=200)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text
