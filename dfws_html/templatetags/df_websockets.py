"""The tag library under the predecessor's name: `{% load df_websockets %}`."""

from .dfws_html import register

__all__ = ["register"]
