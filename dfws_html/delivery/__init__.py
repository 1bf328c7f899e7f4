"""How a frame reaches windows: the history is the truth, the carrier its bell, the hub the ear."""
