"""Live Django pages, declared in HTML: signals over one websocket, run by workers, pushed to topics."""

__version__ = "0.1.0"
