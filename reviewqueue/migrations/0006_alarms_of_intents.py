from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviewqueue', '0005_lists_walk_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='alarmrule',
            name='intent',
            field=models.CharField(blank=True, help_text='The name of an intent: what agents do for it is counted by itself. * watches each intent of an agent by itself. Empty: all that an agent does, together.', max_length=100, verbose_name='only of the intent'),
        ),
    ]
