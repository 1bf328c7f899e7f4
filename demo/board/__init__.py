"""A small real application: boards that several people change at the same time."""
