"""A page on which everything goes wrong, on purpose."""
