"""The template tags, one library under three names."""
