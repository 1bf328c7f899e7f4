"""The demo, served as a visitor gets it."""
