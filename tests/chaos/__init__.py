"""A site under faults: real processes, many windows, and a judge of what everybody wrote down."""
