"""What the settings name, so it can't stand beside handlers, which need the settings."""


class Flaky(Exception):
    """What the workers try again."""
