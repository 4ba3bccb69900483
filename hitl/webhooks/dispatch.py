"""From events to deliveries to tries. Rows are the truth: whoever rings, twice or late, sends nothing twice at once."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from hitl.api import events
from hitl.webhooks import addresses, alarms, secrets
from hitl.webhooks.answers import Answer
from hitl.webhooks.models import Delivery, Endpoint
from reviewqueue.live import with_fresh_connection
from reviewqueue.models import Agent, Case
from reviewqueue.queries import clock

log = logging.getLogger(__name__)
LASTS: Final = timedelta(days=3)
LEASE: Final = timedelta(seconds=60)
GONE: Final = 410
UNSIGNED: Final = "the endpoint has no secret that the desk's secret key opens: make a new one"
# Seconds until the next try; the last one again and again until three days are over.
PAUSES: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600)
_LONGEST_REST: Final = 300
_A_ROUND: Final = 50
THREADS: Final = 8
# Receivers that failed lately get no more than half of the threads, so that the others always find one.
_FOR_FAILING: Final = 4
_chance = random.SystemRandom()
_failing = threading.BoundedSemaphore(_FOR_FAILING)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
_working: set[str] = set()
Send = Callable[[Endpoint, Delivery, datetime], Answer]


def ring(*, at: datetime) -> None:
    """Make deliveries of what happened and start a thread for each endpoint that has some due; returns soon."""
    gather(at=at)
    for endpoint in waiting(at=at):
        if endpoint.pk not in _working and (not endpoint.failures or _failing.acquire(blocking=False)):
            _working.add(endpoint.pk)
            _threads.submit(_in_thread, endpoint)


def gather(*, at: datetime) -> int:
    """One delivery for each new event or alarm and endpoint; returns how many."""
    active = Endpoint.objects.filter(active=True).select_related("agent")
    return sum(_gather(each, each.agent, at) if each.agent else alarms.gather(each, at=at) for each in active)


def waiting(*, at: datetime) -> QuerySet[Endpoint]:
    """The endpoints with something due that nobody works on."""
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state="pending", due_at__lte=at)
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    rested = Q(rests_until=None) | Q(rests_until__lte=at)
    return Endpoint.objects.filter(free, rested, Exists(due), active=True)


def work(endpoint: Endpoint, *, at: Callable[[], datetime] = clock.now, send: Send | None = None) -> int:
    """Send what is due for one endpoint, in the order of each case, until something fails; returns how many arrived."""
    if not _leased(endpoint, at()):
        return 0
    arrived = 0
    try:
        for _each in range(_A_ROUND):
            delivery = _next(endpoint, at())
            if delivery is None or not _leased(endpoint, at(), again=True):
                break
            answer = (send or _send)(endpoint, delivery, at())
            noted(delivery, answer, at=at())
            if not answer.arrived:
                break
            arrived += 1
    finally:
        Endpoint.objects.filter(pk=endpoint.pk).update(leased_until=None)
    return arrived


@transaction.atomic
def noted(delivery: Delivery, answer: Answer, *, at: datetime) -> None:
    """Keep what came of a try: arrived, again later, or given up. A receiver that is gone is switched off."""
    endpoint = Endpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    delivery.attempts += 1
    changes: dict[str, Any] = {"attempts": delivery.attempts, "status": answer.status, "error": answer.error}
    if answer.arrived:
        changes |= {"state": Delivery.State.DELIVERED, "delivered_at": at}
    else:
        due_at = at + timedelta(seconds=_pause(delivery.attempts, answer))
        over = answer.status == GONE or due_at > delivery.begun_at + LASTS
        changes |= {"state": Delivery.State.DEAD} if over else {"due_at": due_at}
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING).update(**changes)
    failures = 0 if answer.arrived else endpoint.failures + 1
    rest = min(_rest(failures, answer), _LONGEST_REST)
    endpoint.failures = failures
    endpoint.rests_until = at + timedelta(seconds=rest) if rest else None
    if answer.status == GONE:
        endpoint.active, endpoint.why_inactive = False, "the receiver answered 410: gone"
    endpoint.save(update_fields=["failures", "rests_until", "active", "why_inactive"])


def _gather(endpoint: Endpoint, agent: Agent, at: datetime) -> int:
    page = events.after_cursor(agent, endpoint.cursor)
    if page.cursor == endpoint.cursor:
        return 0
    with transaction.atomic():
        moved = Endpoint.objects.filter(pk=endpoint.pk, cursor=endpoint.cursor).update(cursor=page.cursor)
        if not moved:  # another process was quicker
            return 0
        wanted = _for(endpoint, page.events)
        made = [_delivery(endpoint, event, at) for event in wanted]
        Delivery.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _for(endpoint: Endpoint, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events whose case names this endpoint as its callback, and those that go to every one."""
    known = set(Endpoint.objects.filter(agent=endpoint.agent, active=True).values_list("name", flat=True))
    cases = Case.objects.in_bulk({event["case"] for event in shown if event["case"]})
    named = {pk: case.document.get("callback") for pk, case in cases.items()}
    named = {pk: name if name in known else None for pk, name in named.items()}
    return [e for e in shown if named.get(e["case"]) == endpoint.name or (endpoint.every and not named.get(e["case"]))]


def _delivery(endpoint: Endpoint, event: dict[str, Any], at: datetime) -> Delivery:
    body = {"type": event["type"], "timestamp": event["at"], "data": event["data"]}
    return Delivery(
        endpoint=endpoint,
        event_id=int(event["id"]),
        kind=event["type"],
        # A pause has no case: what it sends keeps its own order.
        case_id=event["case"] or event["data"]["pause"],
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=at,
        begun_at=at,
        due_at=at,
    )


def _next(endpoint: Endpoint, at: datetime) -> Delivery | None:
    """The oldest that is due and before which nothing of the same case still waits."""
    pending = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.PENDING)
    before = pending.filter(case_id=OuterRef("case_id"), id__lt=OuterRef("id"))
    return pending.filter(~Exists(before), due_at__lte=at).order_by("id").first()


def _leased(endpoint: Endpoint, at: datetime, *, again: bool = False) -> bool:
    rows = Endpoint.objects.filter(pk=endpoint.pk, active=True)
    if not again:
        rows = rows.filter(Q(leased_until=None) | Q(leased_until__lte=at))
    return rows.update(leased_until=at + LEASE) == 1


def _send(endpoint: Endpoint, delivery: Delivery, at: datetime) -> Answer:
    # It brings an HTTP client, which only a desk with webhooks needs.
    from hitl.webhooks import sending  # noqa: PLC0415 - see above

    valid = secrets.valid(endpoint)
    if not valid:
        return Answer(error=UNSIGNED)
    try:
        target = addresses.target(endpoint.url)
    except addresses.UnfitAddressError as unfit:
        return Answer(error=str(unfit)[:200])
    headers = sending.signed(valid, message_id=delivery.message_id, body=delivery.body, at=at)
    return sending.post(target, headers, delivery.body.encode(), at=at)


def _pause(attempts: int, answer: Answer) -> float:
    usual = PAUSES[min(attempts, len(PAUSES)) - 1] * _chance.uniform(0.8, 1.2)
    return max(usual, answer.retry_after)


def _rest(failures: int, answer: Answer) -> float:
    """One failure may be of one message alone; who says when to come again means everything."""
    if not failures:
        return 0
    return max(2 ** min(failures, 10) if failures > 1 else 0, answer.retry_after)


def _in_thread(endpoint: Endpoint) -> None:
    try:
        with_fresh_connection(lambda: work(endpoint))
    except Exception:
        log.exception("Webhooks of %s could not be sent; the next round tries again", endpoint.pk)
    finally:
        _working.discard(endpoint.pk)
        if endpoint.failures:
            _failing.release()


def forget_old(*, at: datetime) -> None:
    """What has arrived is kept for thirty days; what was given up stays until somebody replays it."""
    old = Delivery.objects.filter(state=Delivery.State.DELIVERED, delivered_at__lte=at - timedelta(days=30))
    old.delete()


def replay(delivery: Delivery, *, at: datetime) -> None:
    """Try again from the beginning, with the same message id."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.PENDING, attempts=0, begun_at=at, due_at=at, error="", status=None
    )
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(failures=0, rests_until=None)
