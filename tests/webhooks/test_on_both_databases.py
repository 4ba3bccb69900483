"""Retries, order and replay on PostgreSQL as well, where an event is read once its transaction has ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hitl.webhooks import dispatch
from hitl.webhooks.answers import Answer
from hitl.webhooks.models import Delivery, Endpoint
from reviewqueue.domain import endings
from tests import factories
from tests.domain.planned import HOUR
from tests.webhooks.conftest import Make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_a_receiver_that_comes_back_gets_everything_once_and_in_order(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    cases = [factories.case(by=made.agent) for _each in range(3)]
    for case in cases:
        endings.expire(case, at=case.expires_at)
    at = factories.now()
    assert (dispatch.gather(at=at), dispatch.gather(at=at)) == (3, 0)
    tried: list[str] = []

    def send(_endpoint: Endpoint, delivery: Delivery, _at: datetime) -> Answer:
        tried.append(delivery.case_id)
        return Answer(status=503 if len(tried) < 3 else 204)

    moment = at
    while Delivery.objects.filter(state="pending").exists():
        made.refresh_from_db()
        waiting = made.deliveries.filter(state="pending").order_by("due_at")[0]
        moment = max(moment, waiting.due_at, made.rests_until or waiting.due_at)
        dispatch.work(made, at=lambda now=moment: now, send=send)
    assert moment < at + HOUR
    assert sorted(tried[2:]) == sorted(case.pk for case in cases)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_dead_receiver_is_given_up_after_three_days_and_what_was_given_up_is_sent_again(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    case = factories.case(by=made.agent)
    endings.expire(case, at=case.expires_at)
    at = factories.now()
    dispatch.gather(at=at)
    delivery = made.deliveries.get()
    moment = at
    while delivery.state == "pending":
        made.refresh_from_db()
        moment = max(delivery.due_at, made.rests_until or moment)
        dispatch.work(made, at=lambda now=moment: now, send=_fails)
        delivery.refresh_from_db()
    assert (delivery.state, moment > at + 60 * HOUR) == ("dead", True)
    dispatch.replay(delivery, at=moment)
    assert dispatch.work(made, at=lambda: moment, send=lambda *_given: Answer(status=200)) == 1


def _fails(*_given: Any) -> Answer:
    return Answer(error="no answer in time")
