"""A POST with an ``Idempotency-Key`` happens once: a repeat hears the first answer, also when the case has moved on.

The key's row is written first, in a transaction of its own. The work and its answer are then committed together, so a
row without an answer means that nothing happened: the first call is still running, or it died.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from hitl.api import replies
from reviewqueue.models import Idempotency
from reviewqueue.refusal import Refusal

KEPT: Final = timedelta(hours=24)
LONGEST_RUN: Final = timedelta(seconds=60)
LONGEST_KEY: Final = 255
_FIRST_SERVER_ERROR: Final = 500


def once(
    request: HttpRequest, raw: bytes, *, principal: str, at: datetime, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """Do the work, or replay what it answered to this key before. Without a key the work is simply done.

    Refused: the key with another body or address (``idempotency-conflict``); the first call still running
    (``idempotency-running``). An answer of 5xx undoes the work and is not remembered.
    """
    if (key := request.META.get("HTTP_IDEMPOTENCY_KEY")) is None:
        return work()
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        says = _("An Idempotency-Key has 1 to %s printable characters.") % LONGEST_KEY
        raise Refusal("invalid-request", says, errors=({"pointer": "Idempotency-Key", "detail": says},))
    digest = hashlib.sha256(b"\0".join([str(request.method).encode(), request.path.encode(), raw])).hexdigest()
    row = _begun(principal, key, digest, at)
    return _worked(row, work) if row.status is None else _replayed(row, row.status)


def forget_old(*, at: datetime) -> int:
    """Delete what is older than 24 hours; returns how many."""
    return Idempotency.objects.filter(started_at__lt=at - KEPT).delete()[0]


def _begun(principal: str, key: str, digest: str, at: datetime) -> Idempotency:
    try:
        with transaction.atomic():
            return Idempotency.objects.create(principal=principal, key=key, request_digest=digest, started_at=at)
    except IntegrityError:
        row = Idempotency.objects.filter(principal=principal, key=key).first()
        if row is None:  # The first call failed in this moment.
            raise _running() from None
        return _known(row, digest, at)


def _known(row: Idempotency, digest: str, at: datetime) -> Idempotency:
    if row.started_at < at - KEPT:
        return _begun_anew(row, digest, at)
    if row.request_digest != digest:
        raise Refusal("idempotency-conflict", _("This Idempotency-Key was used for another request."))
    if row.status is not None:
        return row
    if row.started_at > at - LONGEST_RUN:
        raise _running()
    return _begun_anew(row, digest, at)


def _begun_anew(row: Idempotency, digest: str, at: datetime) -> Idempotency:
    changes = {"request_digest": digest, "started_at": at, "status": None, "body": None, "content_type": ""}
    if Idempotency.objects.filter(pk=row.pk, started_at=row.started_at).update(**changes) != 1:
        raise _running()
    row.refresh_from_db()
    return row


def _worked(row: Idempotency, work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        with transaction.atomic():
            answer = work()
            if failed := answer.status_code >= _FIRST_SERVER_ERROR:
                transaction.set_rollback(True)
            else:
                _remember(row, answer)
    except Exception:
        _forget(row)
        raise
    if failed:
        _forget(row)
    return answer


def _remember(row: Idempotency, answer: HttpResponse) -> None:
    changes = {"status": answer.status_code, "body": answer.content, "content_type": answer.get("Content-Type", "")}
    if Idempotency.objects.filter(pk=row.pk, started_at=row.started_at, status=None).update(**changes) != 1:
        # This call took so long that a repeat was let in; that one's work counts.
        raise _running()


def _forget(row: Idempotency) -> None:
    Idempotency.objects.filter(pk=row.pk, started_at=row.started_at, status=None).delete()


def _replayed(row: Idempotency, status: int) -> HttpResponse:
    answer = HttpResponse(row.body, status=status, headers={"Idempotent-Replayed": "true"})
    del answer["Content-Type"]
    if row.content_type:
        answer["Content-Type"] = row.content_type
    if row.content_type == replies.JSON and "version" in (document := json.loads(bytes(row.body or b""))):
        answer["ETag"] = replies.etag(document["version"])
    return answer


def _running() -> Refusal:
    says = _("The first request with this Idempotency-Key is still running; send it again in a moment.")
    return Refusal("idempotency-running", says, extra={"retry_after": 1})
