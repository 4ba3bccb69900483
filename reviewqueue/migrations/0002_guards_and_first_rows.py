import datetime
from typing import Any

from django.db import migrations

from reviewqueue.models import canary_guards, factblock, guards, wordindex

HOUR = datetime.timedelta(hours=1)
# What a new desk begins with: measure, method, limit, window, least, in use.
FIRST = [
    ("queue_age", "above", 60.0, HOUR, 0, True),
    ("budget", "above", 90.0, HOUR, 0, True),
    ("held", "change", 3.0, HOUR, 20, True),
    ("override", "rise", 3.0, 4 * HOUR, 20, True),
    ("error", "above", 10.0, 4 * HOUR, 20, True),
    ("confidence", "fall", 3.0, HOUR, 20, True),
    ("sentiment", "fall", 3.0, HOUR, 20, True),
    ("approvals", "above", 98.0, 8 * HOUR, 50, True),
    ("passed_on", "above", 50.0, 8 * HOUR, 20, True),
    ("held", "above", 95.0, 8 * HOUR, 50, False),
]

# PostgreSQL gets a second index for LIKE beside these primary keys, which nobody looks through and intake would pay for.
UNUSED = {"reviewqueue_case": ["id"], "reviewqueue_clock": ["case_id"]}


def drop_unused(_apps: Any, schema_editor: Any) -> None:
    """The plain indexes of the primary keys, where the database has any."""
    connection = schema_editor.connection
    for table, columns in UNUSED.items():
        with connection.cursor() as cursor:
            known = connection.introspection.get_constraints(cursor, table)
        for name, about in known.items():
            if about["index"] and about["columns"] == columns and not (about["unique"] or about["primary_key"]):
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def make_first(apps: Any, _schema_editor: object) -> None:
    """A desk that has no rules of its own yet begins with these."""
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)  # somebody looks as soon as the desk runs
    rules = apps.get_model("reviewqueue", "AlarmRule")
    rules.objects.bulk_create(
        rules(measure=measure, method=method, limit=limit, window=window, least=least, active=active, next_at=now)
        for measure, method, limit, window, least, active in FIRST
    )


class Migration(migrations.Migration):
    replaces = [("reviewqueue", "0029_attention")]

    dependencies = [("reviewqueue", "0001_tables")]

    operations = [
        migrations.RunPython(drop_unused, migrations.RunPython.noop),
        migrations.RunPython(guards.forwards, guards.backwards),
        migrations.RunPython(wordindex.forwards, wordindex.backwards),
        migrations.RunPython(factblock.forwards, factblock.backwards),
        migrations.RunPython(canary_guards.forwards, canary_guards.backwards),
        migrations.RunPython(make_first, migrations.RunPython.noop),
    ]
