"""Hang the lamps; a few are on, so that somebody seems to be at home."""

from typing import Any

from django.db import migrations

LAMPS = range(1, 25)
ON = {4, 9, 11, 14, 20}


def hang_lamps(apps: Any, schema_editor: Any) -> None:
    lamps = apps.get_model("house", "Lamp").objects
    for number in LAMPS:
        lamps.create(number=number, is_on=number in ON)


class Migration(migrations.Migration):
    dependencies = [("house", "0001_initial")]
    operations = [migrations.RunPython(hang_lamps, migrations.RunPython.noop)]
