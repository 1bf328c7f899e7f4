"""Make the demo's users; nobody can log in with a password."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import migrations


def make_users(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("auth", "User").objects
    for name in ["ada", "grace"]:
        users.get_or_create(username=name, defaults={"password": make_password(None)})


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_users, migrations.RunPython.noop)]
