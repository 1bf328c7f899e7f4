"""What happens when somebody clicks on a window of the house."""

from django.db import transaction

from demo.house.models import Lamp
from dfws_html import html
from dfws_html.decorators import everyone, signal
from dfws_html.window_info import WindowInfo


@signal(path="house.switch", is_allowed_to=everyone, queue="in-order")
@transaction.atomic
def switch(window_info: WindowInfo, number: int) -> None:
    lamp = Lamp.objects.get(number=number)
    lamp.is_on = not lamp.is_on
    lamp.save()
    html.replace_with(
        window_info,
        f"#lamp-{lamp.number}",
        template="house/lamp.html",
        context={"lamp": lamp},
        to=["house"],
    )
