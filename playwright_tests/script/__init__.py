"""Unit tests of the browser script: the bundle in a browser, and a test as its server."""
