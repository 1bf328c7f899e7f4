"""A project as the documentation shows it, example by example."""
