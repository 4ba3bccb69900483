"""The Celery application: ``celery -A hitl worker`` and ``celery -A hitl beat``, or both inside the embedded desk."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")

app = Celery("hitl")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
