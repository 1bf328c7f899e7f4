"""The components of the browser tests' site."""

from __future__ import annotations

from typing import Any

from django_components import Component, register

from dfws_html.components import SignalComponent, signal
from dfws_html.decorators import everyone
from playwright_tests.site.models import Thing


@register("star")
class Star(Component):
    """A component with files of its own, which a page may not have yet."""

    template = "<i class=star>*</i>"
    css = ".star { color: rgb(1, 2, 3) }"
    js = "const { dataset } = document.documentElement; dataset.stars = 1 + +(dataset.stars ?? 0)"


@register("thing")
class ThingCard(SignalComponent):
    """A thing that counts in its name."""

    template = """{% load dfws_html component_tags %}
        <section><b>{{ self.kwargs.thing.name }}</b>
        <input aria-label="note" id="note-{{ self.kwargs.thing.pk }}">
        {% if self.kwargs.thing.name == "2" %}{% component "star" / %}{% endif %}
        <button {% js_call self.add by=1 %}>add</button></section>"""

    class Kwargs:
        """What it shows."""

        thing: Any

    @signal(is_allowed_to=everyone)
    def add(self, window_info: Any, by: int) -> None:
        """Count."""
        thing: Thing = self.kwargs.thing
        thing.name = str(int(thing.name) + by)
        thing.save()
        self.refresh()
