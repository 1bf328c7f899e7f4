"""The demo: a Django project whose pages are alive."""
