import datetime
from typing import Any

from django.db import migrations, models

# The rule against "escalate everything" as a desk began with it: it waited for somebody to switch it on.
ASLEEP = {
    "measure": "held",
    "method": "above",
    "limit": 95.0,
    "window": datetime.timedelta(hours=8),
    "least": 50,
    "of": "",
    "active": False,
}


def wake(apps: Any, _schema_editor: object) -> None:
    apps.get_model("reviewqueue", "AlarmRule").objects.filter(**ASLEEP).update(active=True, method="crossed")


class Migration(migrations.Migration):
    dependencies = [("reviewqueue", "0003_evidence_prompts")]

    operations = [
        migrations.AlterField(
            model_name='alarmrule',
            name='method',
            field=models.CharField(choices=[('above', 'above a limit'), ('below', 'below a limit'), ('crossed', 'above a limit, having been below it within 90 days'), ('rise', 'unusually high (control chart)'), ('fall', 'unusually low (control chart)'), ('change', 'unusual either way (control chart)')], default='above', max_length=8, verbose_name='alarm when it is'),
        ),
        migrations.RunPython(wake, migrations.RunPython.noop),
    ]
