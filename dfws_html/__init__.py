"""Live Django pages, declared in HTML: signals over one websocket, run by workers."""

__version__ = "0.1.0"
