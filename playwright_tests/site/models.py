"""Models whose instances are topics, some of them live."""

from django.db import models

from dfws_html.live import live


class Thing(models.Model):
    """Something that windows look at."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


@live(parts=["site/note.html"], wait=0.05)
class Note(models.Model):
    """Something whose part of a page follows it."""

    text = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.text


@live(lists=True, wait=0.05)
class Task(models.Model):
    """Something whose pages fetch themselves."""

    text = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.text
