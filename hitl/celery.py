"""The Celery application: ``celery -A hitl worker`` and ``celery -A hitl beat``, or both inside the embedded desk."""

import os
import signal
import threading
from typing import Any

from celery import Celery
from celery.beat import Service
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")

app = Celery("hitl")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect  # type: ignore[untyped-decorator]
def stop_between_rings(sender: Service, **_more: Any) -> None:
    """Let a signal end ``celery beat`` after the ring under way, at most a second later.

    Celery's own handler closes the connection from within whatever the signal interrupted, and where that was
    the connection it waits for itself for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: threading.Thread(target=sender.stop).start())
