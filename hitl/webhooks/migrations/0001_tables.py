import django.db.models.deletion
import hitl.webhooks.models
from django.db import migrations, models


class Migration(migrations.Migration):
    # A desk that has gone through all of these has these tables.
    replaces = [
        ('webhooks', '0001_initial'),
        ('webhooks', '0002_alarms'),
    ]

    initial = True

    dependencies = [
        ('reviewqueue', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.CharField(default=hitl.webhooks.models.endpoint_id, editable=False, max_length=40, primary_key=True, serialize=False)),
                ('name', models.SlugField(help_text='What a proposal names as its “callback”.', verbose_name='name')),
                ('url', models.CharField(help_text='Where to send to, such as https://bot.example.org/desk.', max_length=500, verbose_name='address')),
                ('every', models.BooleanField(default=True, help_text='Gets the events of cases whose proposal names no callback, or one that is unknown or switched off.', verbose_name='also without callback')),
                ('active', models.BooleanField(default=True, help_text='What happens while it is not is sent later.', verbose_name='active')),
                ('why_inactive', models.CharField(blank=True, editable=False, max_length=200, verbose_name='why not active')),
                ('cursor', models.BigIntegerField(default=0, editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False, verbose_name='failures in a row')),
                ('rests_until', models.DateTimeField(editable=False, null=True)),
                ('leased_until', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='created')),
                ('agent', models.ForeignKey(blank=True, help_text='Whose events it gets. Empty: the alarms of the desk, and no events.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endpoints', to='reviewqueue.agent', verbose_name='agent')),
            ],
            options={
                'verbose_name': 'webhook endpoint',
                'verbose_name_plural': 'webhook endpoints',
                'ordering': ['agent', 'name'],
                'constraints': [models.UniqueConstraint(fields=('agent', 'name'), name='one_endpoint')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(default=hitl.webhooks.models.message_id, max_length=40, unique=True, verbose_name='message')),
                ('event_id', models.BigIntegerField()),
                ('kind', models.CharField(max_length=40, verbose_name='type')),
                ('case_id', models.CharField(max_length=40, verbose_name='case')),
                ('body', models.TextField(verbose_name='body')),
                ('state', models.CharField(choices=[('pending', 'waiting'), ('delivered', 'delivered'), ('dead', 'given up')], default='pending', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='tries')),
                ('status', models.PositiveSmallIntegerField(null=True, verbose_name='last status')),
                ('error', models.CharField(blank=True, max_length=200, verbose_name='last failure')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('begun_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(verbose_name='next try')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='webhooks.endpoint', verbose_name='endpoint')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['endpoint', 'case_id', 'id'], name='delivery_waiting'), models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='delivery_due')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'event_id'), name='one_delivery')],
            },
        ),
        migrations.CreateModel(
            name='Secret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField(editable=False)),
                ('hint', models.CharField(editable=False, max_length=16, verbose_name='starts with')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('retired_at', models.DateTimeField(null=True, verbose_name='retired')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='webhooks.endpoint')),
            ],
            options={
                'verbose_name': 'webhook secret',
                'verbose_name_plural': 'webhook secrets',
                'ordering': ['created_at'],
            },
        ),
    ]
