"""The app whose signals run in the workers that tests start."""
