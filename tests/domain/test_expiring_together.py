"""Cases that expire at one moment end together, as each would alone, and none holds the others up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.verify import verify
from reviewqueue.domain import decisions, endings, lifecycle
from reviewqueue.models import Case, Event, Grant, OnExpiry, ServiceAlert
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R69", "R77")]
TWO_ACTIONS = [factories.action(), factories.action(call_id="call_2")]


def outcomes(*cases: Case) -> list[str]:
    return [Case.objects.get(pk=case.pk).outcome for case in cases]


def statements(count: int, at: Any) -> int:
    for _each in range(count):
        factories.case(at=at, expires_in=60)
    with CaptureQueriesContext(connection) as asked:
        assert endings.expire_due(at=at + MINUTE) == count
    return len(asked)


def test_thirty_cases_cost_as_many_statements_as_three() -> None:
    at = factories.now()
    statements(3, at)  # what is looked up once
    assert statements(3, at) == statements(30, at)


def test_each_ends_as_it_would_alone() -> None:
    at = factories.now()
    alone, first, second = (factories.case(at=at, expires_in=60) for _each in range(3))
    claimed = factories.claimed(factories.person(), at=at, expires_in=60)
    endings.expire(alone, at=at + MINUTE)
    assert endings.expire_due(at=at + MINUTE) == 3
    columns = ("state", "outcome", "version", "ledger_seq", "waiting_on", "claimed_by", "rank_at", "effective_at")
    told = {row[0]: row[1:] for row in Case.objects.values_list("pk", *columns)}
    assert told[first.pk] == told[second.pk] == told[alone.pk]
    assert (told[claimed.pk][0], told[claimed.pk][5]) == ("expired", None)
    last = [Entry.objects.filter(subject=case.subject).order_by("seq").last() for case in (alone, first, claimed)]
    assert {(entry.kind, entry.actor_type, entry.data["reason"]) for entry in last if entry} == {
        ("case.expired", "system", "expired")
    }
    assert Event.objects.filter(kind="case.expired").count() == 4
    assert verify().holds


def test_what_was_permitted_of_a_case_that_expires_is_void() -> None:
    at, reviewer = factories.now(), factories.person()
    case = factories.claimed(reviewer, at=at, expires_in=60, actions=TWO_ACTIONS, release="each")
    first = {"call_id": "call_1", "type": "approve"}
    factories.decide(case, reviewer, first, at=at)
    decisions.take_effect_due(at=at + timedelta(seconds=59))
    grant = Grant.objects.get()
    assert endings.expire_due(at=at + MINUTE) == 1
    grant.refresh_from_db()
    assert grant.voided_at == at + MINUTE
    assert verify().holds


def test_levels_that_come_before_happen_first_and_a_handed_over_case_is_not_among_those_that_end() -> None:
    at, owner = factories.now(), factories.person("supervisor")
    planned.service(("decide", 50, {"tell_role": "supervisor"}), decide_within=MINUTE, name="warned")
    warned = factories.case(at=at, expires_in=60)
    planned.service(on_expiry=OnExpiry.HAND_OVER, hand_over_to=owner, decide_within=HOUR, name="kept", position=1)
    kept, plain = factories.case(at=at, expires_in=60), factories.case(at=at, expires_in=7200)
    assert endings.expire_due(at=at + MINUTE) == 2
    assert outcomes(warned, kept, plain) == ["expired", "taken_over", ""]
    assert ServiceAlert.objects.filter(case=warned).exists()


def test_a_case_that_cannot_be_ended_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    at = factories.now()
    broken, sound = (factories.case(at=at, expires_in=60) for _each in range(2))
    real, together = endings.expire, lifecycle.advance_each

    def expire(case: Case, **more: Any) -> Case:
        if case == broken:
            raise ValueError(case.pk)
        return real(case, **more)

    def advance_each(
        moved: Sequence[tuple[Case, Mapping[str, Any], Mapping[str, Any]]], *args: Any, **more: Any
    ) -> None:
        if broken in [case for case, _data, _changes in moved]:
            raise ValueError(broken.pk)
        together(moved, *args, **more)

    monkeypatch.setattr(endings, "expire", expire)
    monkeypatch.setattr(lifecycle, "advance_each", advance_each)
    assert endings.expire_due(at=at + MINUTE) == 1
    assert outcomes(sound, broken) == ["expired", ""]
