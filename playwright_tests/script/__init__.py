"""Unit tests of the browser script: its bundle in a real browser, a server that is the test itself."""
