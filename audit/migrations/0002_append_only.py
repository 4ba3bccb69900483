"""From here on the database itself refuses to change or delete an entry."""

from django.db import migrations

from audit import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(guards.forwards, guards.backwards)]
