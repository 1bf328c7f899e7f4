"""The home page: a house whose windows are lit in every browser window."""
