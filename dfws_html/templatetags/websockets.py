"""The tag library under the name of the predecessor's version 1.x: `{% load websockets %}`."""

from .dfws_html import register

__all__ = ["register"]
