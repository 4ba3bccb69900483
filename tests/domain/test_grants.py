"""A grant is the only authority to execute, and it is spent once."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import grants
from reviewqueue.models import Agent, Case, Grant
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
ACTION = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}
PAST = timedelta(seconds=1)


def _redeem(grant: Grant, agent: Agent, action: dict[str, Any] | None = None) -> tuple[Grant, str]:
    return grants.redeem(grant.pk, agent=agent, final_action=action or ACTION, executor="w-3", at=factories.now())


def _set(grant: Grant, **columns: Any) -> None:
    Grant.objects.filter(pk=grant.pk).update(**columns)


def test_redeeming_returns_the_approved_bytes_and_is_on_record() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    spent, text = _redeem(grant, agent)
    assert text == '{"args":{"amount":"350.00","order_id":"A-1"},"name":"refund_order"}'
    assert (spent.executor, spent.redeemed_at is None) == ("w-3", False)
    entry = Entry.objects.get(kind="grant.redeemed")
    assert (entry.data["grant"], entry.data["digest"], entry.actor.id) == (grant.pk, grant.digest, agent.name)


def test_a_grant_is_spent_once() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _redeem(grant, agent)
    with pytest.raises(Refusal) as refused:
        _redeem(grant, agent)
    assert refused.value.slug == "grant-redeemed"
    assert Entry.objects.filter(kind="grant.redeemed").count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.0"}},
        {"name": "refund_order", "args": {"order_id": "A-1", "amount": 350}},
        {"name": "refund_orders", "args": ACTION["args"]},
        {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00", "to": "me"}},
    ],
)
def test_other_bytes_than_the_approved_ones_are_refused_and_the_grant_stays(other: dict[str, Any]) -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    with pytest.raises(Refusal) as refused:
        _redeem(grant, agent, other)
    assert refused.value.slug == "grant-digest-mismatch"
    _redeem(grant, agent)


def test_a_grant_past_its_time_by_the_databases_clock_is_refused_until_it_is_renewed() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _set(grant, expires_at=factories.now() - PAST)
    with pytest.raises(Refusal) as refused:
        _redeem(grant, agent)
    assert refused.value.slug == "grant-expired"
    renewed = grants.renew(grant.pk, agent=agent, at=factories.now())
    assert renewed.expires_at > factories.now()
    _redeem(grant, agent)


def test_a_grant_of_an_expired_case_cannot_be_renewed() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _set(grant, expires_at=factories.now() - PAST)
    Case.objects.filter(pk=grant.case_id).update(expires_at=factories.now() - PAST)
    for verb in (lambda: grants.renew(grant.pk, agent=agent, at=factories.now()), lambda: _redeem(grant, agent)):
        with pytest.raises(Refusal, match="so that the grant cannot be renewed") as refused:
            verb()
        assert refused.value.slug == "grant-expired"


def test_a_grant_that_outlives_its_case_can_be_spent_but_not_renewed() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    Case.objects.filter(pk=grant.case_id).update(expires_at=factories.now() - PAST)
    with pytest.raises(Refusal, match="The case of this grant expired at"):
        grants.renew(grant.pk, agent=agent, at=factories.now())
    _redeem(grant, agent)


def test_renewing_never_shortens_a_grant() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    grant.refresh_from_db()
    Case.objects.filter(pk=grant.case_id).update(expires_at=grant.expires_at - timedelta(minutes=5))
    renewed = grants.renew(grant.pk, agent=agent, at=factories.now())
    assert renewed.expires_at == Grant.objects.get().expires_at == grant.expires_at


def test_a_spent_grant_cannot_be_renewed() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _redeem(grant, agent)
    with pytest.raises(Refusal) as refused:
        grants.renew(grant.pk, agent=agent, at=factories.now())
    assert refused.value.slug == "grant-redeemed"


def test_a_void_grant_neither_runs_nor_comes_back() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _set(grant, voided_at=factories.now())
    for verb in (lambda: _redeem(grant, agent), lambda: grants.renew(grant.pk, agent=agent, at=factories.now())):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.slug == "grant-void"


def test_another_agents_grant_does_not_exist() -> None:
    grant = factories.grant()
    stranger = factories.agent()
    details: dict[str, Any] = {}
    for verb in (
        lambda: _redeem(grant, stranger),
        lambda: grants.renew(grant.pk, agent=stranger, at=factories.now()),
        lambda: grants.report(grant.pk, agent=stranger, status="failed", details=details, at=factories.now()),
    ):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.slug == "not-found"


def _report(grant: Grant, agent: Agent, status: str, **details: Any) -> Grant:
    return grants.report(grant.pk, agent=agent, status=status, details=details, at=factories.now())


def test_the_outcome_closes_the_case_and_the_same_report_again_changes_nothing() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _redeem(grant, agent)
    _report(grant, agent, "succeeded", external_ref="re_77")
    _report(grant, agent, "succeeded", external_ref="re_77")
    case = Case.objects.get(pk=grant.case_id)
    assert (case.state, case.outcome) == ("closed", "decided")
    assert Entry.objects.filter(kind="grant.outcome").count() == 1


def test_an_outcome_is_final_except_an_unknown_one() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _redeem(grant, agent)
    _report(grant, agent, "unknown")
    assert Case.objects.get(pk=grant.case_id).state == "decided"
    _report(grant, agent, "failed", error="card closed")
    with pytest.raises(Refusal) as refused:
        _report(grant, agent, "succeeded")
    assert refused.value.slug == "outcome-reported"


def test_there_is_no_outcome_before_the_grant_was_redeemed() -> None:
    agent = factories.agent()
    with pytest.raises(Refusal) as refused:
        _report(factories.grant(by=agent), agent, "succeeded")
    assert refused.value.slug == "grant-not-redeemed"


def test_an_executor_that_stays_silent_leaves_an_unknown_outcome_for_a_person() -> None:
    agent = factories.agent()
    grant = factories.grant(by=agent)
    _redeem(grant, agent)
    assert grants.mark_silent(at=factories.now()) == 0
    late = factories.now() + timedelta(seconds=901)
    assert grants.mark_silent(at=late) == 1
    assert grants.mark_silent(at=late) == 0
    assert Grant.objects.get(pk=grant.pk).outcome == "unknown"
