"""Old door to the converters of arguments and to `SignalQueue`; both live elsewhere."""

from dfws_html.testing import SignalQueue
from dfws_html.work.converters import RE, Choice, SerializedForm

__all__ = ["RE", "Choice", "SerializedForm", "SignalQueue"]
