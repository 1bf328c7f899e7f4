"""The ASGI application for a server: pages and websockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

from dfws_html.routing import application

__all__ = ["application"]
