"""The signals of the benchmarked site."""

import time

from django.utils.safestring import mark_safe

from benchmarks.site import TOPIC
from dfws_html import html
from dfws_html.decorators import everyone, signal
from dfws_html.window_info import WindowInfo

_ROW = mark_safe("<tr id=row-7><td>7</td><td>" + "some text of a row, " * 12 + "</td></tr>")


@signal(path="bench.echo", is_allowed_to=everyone)
def echo(window_info: WindowInfo) -> None:
    """Swap something in the window that asks."""
    html.content(window_info, "#row-7", _ROW)


@signal(path="bench.swap", is_allowed_to=everyone)
def swap(window_info: WindowInfo, times: int) -> None:
    """Swap something in every window, again and again."""
    for _ in range(times):
        html.content(window_info, "#row-7", _ROW, to=[TOPIC])


@signal(path="bench.cpu", is_allowed_to=everyone)
def cpu(window_info: WindowInfo) -> float:
    """Return the seconds of CPU that this server has used."""
    return time.process_time()
