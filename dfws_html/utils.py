"""Old door to the converters of arguments; they live in `dfws_html.work.converters`."""

from dfws_html.work.converters import RE, Choice, SerializedForm

__all__ = ["RE", "Choice", "SerializedForm"]
