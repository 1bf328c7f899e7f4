"""Put two boards there, so that there is something to move."""

from typing import Any

from django.db import migrations

BOARDS = {
    ("The garden", "garden"): {
        "One day": ["Build a pond", "Keep bees"],
        "This week": ["Plant the tulips", "Mend the fence by the old apple tree"],
        "Done": ["Borrow a wheelbarrow"],
    },
    ("Version 1.0", "version-1"): {
        "Ideas": ["Dark mode for the manual"],
        "At work": ["Write the manual", "Answer the last two reviews"],
        "Ready": ["Choose a name"],
    },
}


def make_boards(apps: Any, schema_editor: Any) -> None:
    board_model = apps.get_model("board", "Board").objects
    column_model = apps.get_model("board", "Column").objects
    card_model = apps.get_model("board", "Card").objects
    for (name, slug), columns in BOARDS.items():
        board = board_model.create(name=name, slug=slug)
        for position, (column_name, titles) in enumerate(columns.items()):
            column = column_model.create(board=board, name=column_name, position=position)
            for title in titles:
                card_model.create(column=column, title=title, is_done=position == len(columns) - 1)


class Migration(migrations.Migration):
    dependencies = [("board", "0001_initial")]
    operations = [migrations.RunPython(make_boards, migrations.RunPython.noop)]
