"""What a page carries: its attributes, its token, its topics and the fragments swapped into it."""
