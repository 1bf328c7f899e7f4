"""A server in a process of its own: `python -m tests.serve uvicorn|daphne DESCRIPTOR FOLDER`."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings


def main(name: str, descriptor: str, folder: str) -> None:
    """Serve the pages of `tests.sockets`; whoever has the same folder is the same site."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = f"{folder}/db.sqlite3"
    settings.ROOT_URLCONF = "tests.sockets"
    django.setup()

    from dfws_html.routing import application

    if name == "uvicorn":
        import uvicorn

        uvicorn.run(application, fd=int(descriptor), ws="websockets-sansio", log_level="warning")
    else:
        from daphne.server import Server

        Server(application, endpoints=[f"fd:fileno={descriptor}"], verbosity=0).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
