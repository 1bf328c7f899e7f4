"""Doubles for a project's tests; nothing is patched."""

from dfws_html.testing.calling import call, window_of
from dfws_html.testing.recording import SignalQueue

__all__ = ["SignalQueue", "call", "window_of"]
