"""A form that answers while somebody types."""
