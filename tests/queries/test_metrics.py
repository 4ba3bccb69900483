"""Metrics: what each comes to, from cases whose story is known."""

from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import claims, insight
from reviewqueue.models import Case, Conversation
from reviewqueue.queries.insight.report import Told
from tests import factories

pytestmark = pytest.mark.django_db
REJECT = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_fact", "message": "Not late."}
FREE = [{"match": {"intent": ["hours"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
RISKS = [{"match": {"intent": ["hours", "refund"]}, "level": "high"}, {"match": {}, "level": "low"}]


def _told(**asked: Any) -> dict[str, Told]:
    found = insight.look(person=factories.person("supervisor"), at=factories.now(), **asked)
    return {told.metric.key: told for told in found.metrics}


def _decided(*rulings: dict[str, Any], reviewer: Any = None, **fields: Any) -> Case:
    who = reviewer or factories.person()
    case = factories.claimed(who, **fields)
    factories.decide(case, who, *rulings)
    return case


@pytest.mark.covers("R105")
def test_resolved_at_the_first_contact_is_whoever_did_not_have_to_come_back_within_a_week() -> None:
    ended = factories.now() - timedelta(days=10)
    for who, resolved, comes_back in (("a", True, None), ("b", True, 3), ("c", True, 8), ("d", False, None)):
        talk = factories.case(customer={"id": who}, at=ended - timedelta(hours=1)).conversation_id
        Conversation.objects.filter(pk=talk).update(closed_at=ended, resolved=resolved)
        if comes_back:
            factories.case(customer={"id": who}, at=ended + timedelta(days=comes_back))
    rate = _told()["first_contact_resolution"].now
    assert (rate.hits, rate.n) == (2, 4)


@pytest.mark.covers("R104", "R111")
def test_how_long_cases_are_worked_on_and_wait_until_they_are_approved() -> None:
    who, now = factories.person(), factories.now()
    for waited, worked, rulings in ((300, 60, ()), (500, 100, ()), (900, 80, (REJECT,))):
        case = factories.case(at=now - timedelta(seconds=waited))
        claims.claim(case, reviewer=who, at=now - timedelta(seconds=worked))
        factories.decide(case, who, *rulings, at=now)
    told = _told()
    assert [told[key].now.n for key in ("handling_time", "approval_time")] == [3, 2]
    assert told["handling_time"].now.value == pytest.approx(80, rel=0.1)
    assert told["approval_time"].now.value == pytest.approx(400, rel=0.3)


@pytest.mark.covers("R116")
def test_sensitive_actions_say_whether_a_person_let_them_run_and_of_which_role() -> None:
    factories.policy(oversight=FREE, risk_levels=RISKS)
    factories.case(intent="hours")
    _decided(intent="refund")
    _decided(intent="refund", reviewer=factories.person("supervisor"))
    _decided(REJECT, intent="refund")
    _decided(intent="small")
    rate = _told()["sensitive_approved"].now
    assert (rate.hits, rate.n) == (2, 3)
    by_role = {role: (each.hits, each.n) for role, each in _told(by="role")["sensitive_approved"].segments}
    assert by_role == {"reviewer": (1, 1), "supervisor": (1, 1)}
