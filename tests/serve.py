"""A server in a process: `python -m tests.serve uvicorn|daphne DESCRIPTOR FOLDER SETTINGS`."""

from __future__ import annotations

import json
import os
import sys

import django
from django.conf import settings


def main(name: str, descriptor: str, folder: str, changes: str = "{}") -> None:
    """Serve the pages of `tests.sockets`; whoever has the same folder is the same site.

    Settings that change are JSON; `DATABASE` is the path of another file than the folder's.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    changed = json.loads(changes)
    database = changed.pop("DATABASE", f"{folder}/db.sqlite3")
    settings.DATABASES["default"]["NAME"] = database
    for setting, value in changed.items():
        setattr(settings, setting, value)
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
