"""Boards, their columns, and the cards in them."""

from django.conf import settings
from django.db import models


class Board(models.Model):
    """What windows look at together; its instances are topics."""

    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Column(models.Model):
    """One step on the way of a card."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["board", "position"], name="one_place_each")]

    def __str__(self) -> str:
        return self.name


class Card(models.Model):
    """Something to do."""

    column = models.ForeignKey(Column, models.CASCADE, related_name="cards")
    title = models.CharField(max_length=80)
    is_done = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["moved_at", "pk"]

    def __str__(self) -> str:
        return self.title
