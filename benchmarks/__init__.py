"""What the package costs, measured and printed; nothing here asserts a time."""
