from django.db import migrations

from reviewqueue.models import guards


class Migration(migrations.Migration):
    dependencies = [("reviewqueue", "0001_initial")]

    operations = [migrations.RunPython(guards.forwards, guards.backwards)]
