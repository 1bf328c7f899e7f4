"""Doubles for a project's tests; nothing is patched."""

from dfws_html.testing.recording import SignalQueue

__all__ = ["SignalQueue"]
