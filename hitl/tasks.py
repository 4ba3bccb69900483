"""Alarm clocks of the project's own rows; the product's are in ``reviewqueue.tasks``."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from hitl.accounts import sessions
from hitl.api import idempotency
from hitl.notices import gathering, sending
from hitl.webhooks import dispatch
from reviewqueue import presence
from reviewqueue.domain import alarms, budgets
from reviewqueue.queries import clock


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_webhooks() -> None:
    """Each second: threads of this worker send what waits."""
    dispatch.ring(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_notices() -> None:
    """Every quarter of a minute, where the desk sends e-mail: collect what is to be told, and try what is due."""
    if settings.MAIL_ON:
        at = clock.now()
        gathering.gather(at=at)
        sending.collect(at=at)
        sending.send_due(at=at)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_housekeeping() -> None:
    """Each hour: forget remembered answers of yesterday, ended sessions, who was at a case, and used-up counters."""
    at = timezone.now()
    idempotency.forget_old(at=at)
    sessions.forget_old(at=at)
    presence.forget_old(at=at)
    dispatch.forget_old(at=at)
    budgets.forget_old(at=at)
    alarms.forget_old(at=at)
    gathering.forget_old(at=at)
