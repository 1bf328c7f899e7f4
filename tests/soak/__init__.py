"""Hours of reconnecting windows, and what they leave in memory: `make test-soak`."""
