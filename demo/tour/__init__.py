"""A tour of the signals that every window knows."""
