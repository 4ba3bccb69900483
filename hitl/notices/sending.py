"""From notices to letters to tries. Rows are the truth: a letter is collected once and tried until it is taken."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from email.utils import make_msgid
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation

from hitl.accounts.models import User
from hitl.notices import wording
from hitl.notices.gathering import how
from hitl.notices.models import How, Kind, Mail, Notice, Wishes

log = logging.getLogger(__name__)
LASTS: Final = timedelta(days=3)
LEASE: Final = timedelta(minutes=2)
# What happens within so long goes into one letter, and letters of this kind are so far apart at least.
TOGETHER: Final = timedelta(minutes=2)
APART: Final = timedelta(minutes=10)
HOUR: Final = timedelta(hours=1)
MORNING: Final = time(8)
# Seconds until the next try; the last one again and again until three days are over.
PAUSES: Final = (60, 300, 900, 3600, 14_400)
_A_ROUND: Final = 50
Post = Callable[[EmailMessage], int]


def collect(*, at: datetime) -> int:
    """Put what is to be told into letters as soon as each person wants; returns how many letters."""
    people = Notice.objects.filter(mail=None).order_by().values_list("user_id", flat=True).distinct()
    return sum(_collect(pk, at) for pk in list(people))


def send_due(*, at: datetime, post: Post | None = None) -> int:
    """Try every letter whose time has come; returns how many were taken. Any number may ring at once."""
    due = Mail.objects.filter(state=Mail.State.PENDING, due_at__lte=at).order_by("due_at")
    return sum(_try(mail, at, post) for mail in list(due[:_A_ROUND]))


def send_again(mail: Mail, *, at: datetime) -> None:
    """From the beginning, with the same id."""
    Mail.objects.filter(pk=mail.pk).update(
        state=Mail.State.PENDING, attempts=0, begun_at=at, due_at=at, error="", sent_at=None
    )


@transaction.atomic
def _collect(user: int, at: datetime) -> int:
    """One letter with all that is due; whoever else collects for this person waits and finds it told."""
    User.objects.select_for_update().get(pk=user)
    wishes = Wishes.objects.filter(user_id=user).first()
    waiting = list(Notice.objects.filter(user_id=user, mail=None).order_by("at"))
    due = [notice for notice in waiting if at >= _told_at(user, wishes, notice)]
    if not due:
        return 0
    mail = Mail.objects.create(user_id=user, created_at=at, begun_at=at, due_at=at)
    # What waits for an hour or a morning goes along, where a letter is written anyway.
    Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(mail=mail)
    return 1


def _told_at(user: int, wishes: Wishes | None, notice: Notice) -> datetime:
    chosen = how(wishes, notice.kind)
    last = Mail.objects.filter(user_id=user).order_by("-created_at").values_list("created_at", flat=True).first()
    if chosen == How.DAILY:
        local = timezone.localtime(notice.at)
        morning = timezone.make_aware(datetime.combine(local.date(), MORNING))
        return morning if notice.at < morning else morning + timedelta(days=1)
    if chosen == How.HOURLY:
        return max(notice.at + TOGETHER, last + HOUR) if last else notice.at + TOGETHER
    soon = notice.at if notice.kind == Kind.WEEKLY else notice.at + TOGETHER
    return max(soon, last + APART) if last else soon


def _try(mail: Mail, at: datetime, post: Post | None) -> int:
    """Whoever moves ``due_at`` tries; when its process ends in the middle, somebody tries again after the lease."""
    leased = Mail.objects.filter(pk=mail.pk, state=Mail.State.PENDING, due_at=mail.due_at)
    if not leased.update(due_at=at + LEASE):
        return 0
    try:
        message = _message(mail)
        if message is None:
            return _noted(mail, at, state=Mail.State.SENT, error="nothing was left to tell")
        (post or EmailMessage.send)(message)
    except _UnfitError as unfit:
        return _noted(mail, at, state=Mail.State.DEAD, error=str(unfit))
    except Exception as error:  # noqa: BLE001 - whatever a mail server says, the letter is tried again
        log.warning("A notice could not be sent: %s", type(error).__name__)
        return _failed(mail, at, error)
    return _noted(mail, at, state=Mail.State.SENT, error="") + 1


def _failed(mail: Mail, at: datetime, error: Exception) -> int:
    due_at = at + timedelta(seconds=PAUSES[min(mail.attempts, len(PAUSES) - 1)])
    told = wording.plain(f"{type(error).__name__}: {error}")[:200]
    if due_at > mail.begun_at + LASTS:
        return _noted(mail, at, state=Mail.State.DEAD, error=told)
    Mail.objects.filter(pk=mail.pk).update(attempts=mail.attempts + 1, error=told, due_at=due_at)
    return 0


def _noted(mail: Mail, at: datetime, *, state: str, error: str) -> int:
    sent_at = at if state == Mail.State.SENT else None
    Mail.objects.filter(pk=mail.pk).update(state=state, attempts=mail.attempts + 1, error=error[:200], sent_at=sent_at)
    return 0


class _UnfitError(ValueError):
    """Trying again would not help."""


def _message(mail: Mail) -> EmailMessage | None:
    """The letter as it reads now; what somebody may no longer see is no longer in it."""
    user = User.objects.get(pk=mail.user_id)
    if not user.is_active:
        return None
    try:
        validate_email(user.email)
    except ValidationError:
        raise _UnfitError("the address of this person is none") from None
    wishes = Wishes.objects.filter(user=user).first()
    with translation.override((wishes and wishes.language) or settings.LANGUAGE_CODE):
        subject, text = wording.letter(user, mail.notices.order_by("at", "id"))
    if not text:
        return None
    headers = {
        "Message-ID": f"<{mail.pk}@{_host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers)


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or make_msgid().partition("@")[2].rstrip(">")
