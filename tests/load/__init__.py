"""Windows that read nothing, and windows that send too much: `make test-load`."""
