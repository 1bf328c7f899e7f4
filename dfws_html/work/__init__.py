"""How a signal is run: converted, allowed, registered, executed, and carried by an engine."""
