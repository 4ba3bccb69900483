"""A pause acts at once on every path, loses nothing, and is let go by name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audit.models import Entry
from reviewqueue.domain import due, grants, pauses, watching
from reviewqueue.models import Agent, Case, Event, Grant, Pause
from reviewqueue.refusal import Refusal
from tests import factories

if TYPE_CHECKING:
    from django.db.models import QuerySet

pytestmark = pytest.mark.django_db
FREE = [{"match": {}, "mode": "out_of_the_loop"}]
WATCHED = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 60}]
ACTION = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}


def _pause(of: str = "everything", name: str = "", **more: Any) -> Pause:
    fields = {"reason": "odd refunds", "person": factories.person("supervisor"), "at": factories.now()} | more
    return pauses.pause(of=of, name=name, **fields)


def _resume(paused: Pause) -> Pause:
    supervisor = factories.person("supervisor")
    return pauses.resume(paused, reason="looked into it", person=supervisor, at=factories.now())


def _redeem(grant: Grant, agent: Agent) -> Any:
    return grants.redeem(grant.pk, agent=agent, final_action=ACTION, executor="w", at=factories.now())


def _refused(grant: Grant, agent: Agent) -> str:
    with pytest.raises(Refusal) as refused:
        _redeem(grant, agent)
    return refused.value.slug


@pytest.mark.covers("R46")
@pytest.mark.parametrize(
    ("of", "name", "says"),
    [
        ("agent", "shop-bot", "the agent shop-bot is paused"),
        ("agent", "shop-*", "the agent shop-* is paused"),
        ("intent", "Refund", "the intent Refund is paused"),
        ("action", "refund*", "the action refund* is paused"),
        ("everything", "", "everything is paused"),
    ],
)
def test_what_is_paused_is_held_for_a_person_with_the_reason_and_never_lost(of: str, name: str, says: str) -> None:
    factories.policy(oversight=FREE)
    agent = factories.agent(name="shop-bot")
    assert factories.case(by=agent).state == "released"
    _pause(of, name)
    held = factories.case(by=agent)
    assert (held.state, held.oversight) == ("queued", "in_the_loop")
    (reason,) = held.verdict["reasons"]
    assert (reason["trigger"], reason["category"], reason["says"]) == ("paused", "brake", says)
    assert not Grant.objects.filter(case=held).exists()


@pytest.mark.parametrize(("of", "name"), [("agent", "other"), ("intent", "billing"), ("action", "close_*")])
def test_what_is_not_paused_goes_on(of: str, name: str) -> None:
    factories.policy(oversight=FREE)
    agent = factories.agent(name="shop-bot")
    _pause(of, name)
    case = factories.case(by=agent)
    assert case.state == "released"
    assert _redeem(Grant.objects.get(case=case), agent)[0].redeemed_at is not None


@pytest.mark.parametrize("decided_by_a_person", [False, True])
def test_a_grant_cannot_be_redeemed_while_paused_and_can_again_after(decided_by_a_person: bool) -> None:  # noqa: FBT001 - a case of the test
    agent = factories.agent(name="shop-bot")
    if decided_by_a_person:
        grant = factories.grant(by=agent)
    else:
        factories.policy(oversight=FREE)
        grant = Grant.objects.get(case=factories.case(by=agent))
    paused = _pause("agent", "shop-bot")
    assert _refused(grant, agent) == "agent-paused"
    assert Grant.objects.get(pk=grant.pk).redeemed_at is None
    grants.renew(grant.pk, agent=agent, at=factories.now())
    _resume(paused)
    assert _redeem(grant, agent)[0].executor == "w"


def test_a_grant_that_is_spent_void_or_expired_says_so_also_while_paused() -> None:
    agent = factories.agent()
    spent, void, expired = (factories.grant(by=agent) for _each in range(3))
    _redeem(spent, agent)
    Grant.objects.filter(pk=void.pk).update(voided_at=factories.now())
    Grant.objects.filter(pk=expired.pk).update(expires_at=factories.now() - timedelta(seconds=1))
    _pause()
    assert [_refused(grant, agent) for grant in (spent, void, expired)] == [
        "grant-redeemed",
        "grant-void",
        "grant-expired",
    ]


def test_of_two_pauses_the_second_still_holds_when_the_first_is_let_go() -> None:
    agent = factories.agent(name="shop-bot")
    grant = factories.grant(by=agent)
    first, second = _pause("agent", "shop-bot"), _pause("action", "refund_order")
    _resume(first)
    assert _refused(grant, agent) == "agent-paused"
    _resume(second)
    _redeem(grant, agent)


@pytest.mark.covers("R49")
def test_releases_under_watch_that_a_pause_covers_are_stopped_at_once_and_others_are_not() -> None:
    factories.policy(oversight=WATCHED)
    mine, other = factories.agent(name="shop-bot"), factories.agent(name="desk-bot")
    covered, free = [factories.case(by=mine) for _each in range(3)], factories.case(by=other)
    _pause("agent", "shop-bot")
    states = {case.pk: case.state for case in Case.objects.all()}
    assert [states[case.pk] for case in covered] == ["queued"] * 3
    assert states[free.pk] == "watched"
    entry = Entry.objects.filter(kind="case.stopped").first()
    assert entry is not None
    assert (entry.actor.type, entry.data["reason"]) == ("system", "the agent shop-bot is paused")


def test_a_release_that_slipped_in_before_the_pause_is_stopped_when_it_is_due() -> None:
    factories.policy(oversight=WATCHED)
    case = factories.case()
    Pause.objects.create(of="everything", reason="r", paused_at=factories.now(), swept_at=factories.now())
    moment = factories.now() + timedelta(seconds=61)
    assert watching.release(case, at=moment).state == "queued"
    assert not Grant.objects.exists()


def test_a_pause_whose_process_ended_is_carried_through_by_the_alarm_clock_once() -> None:
    factories.policy(oversight=WATCHED)
    case = factories.case()
    Pause.objects.create(of="everything", reason="r", paused_at=factories.now())
    assert due.run(at=factories.now())["pauses"] == 2
    assert Case.objects.get(pk=case.pk).state == "queued"
    assert due.run(at=factories.now())["pauses"] == 0


def test_who_paused_and_who_resumed_and_why_is_on_record_and_agents_hear_of_it_without_the_reason() -> None:
    agent, other = factories.agent(name="shop-bot"), factories.agent(name="desk-bot")
    supervisor = factories.person("supervisor")
    paused = _pause("agent", "shop-bot", person=supervisor)
    _resume(paused)
    entries = Entry.objects.filter(subject="agent:shop-bot").order_by("seq")
    assert [(entry.kind, entry.data["reason"]) for entry in entries] == [
        ("agent.paused", "odd refunds"),
        ("agent.resumed", "looked into it"),
    ]
    assert entries[0].actor.id == supervisor.reference
    told = {"pause": paused.pk, "of": "agent", "name": "shop-bot"}
    events = list(Event.objects.order_by("id").values_list("kind", "agent_id", "data"))
    assert events == [("agent.paused", agent.pk, told), ("agent.resumed", agent.pk, told)]
    assert other.events.count() == 0


def test_a_paused_intent_concerns_every_agent() -> None:
    agents = {factories.agent().pk, factories.agent().pk}
    _pause("intent", "refund")
    assert set(Event.objects.values_list("agent_id", flat=True)) == agents


def test_pausing_twice_is_one_pause_and_resuming_twice_changes_nothing() -> None:
    first, second = _pause("intent", "refund"), _pause("intent", "refund", reason="again")
    assert (first.pk, second.reason) == (second.pk, "odd refunds")
    _resume(first)
    assert _resume(first).resumed_reason == "looked into it"
    assert Entry.objects.filter(kind="intent.resumed").count() == 1
    assert _pause("intent", "refund").pk != first.pk


def test_a_case_that_was_held_waits_for_its_person_also_after_the_pause() -> None:
    factories.policy(oversight=FREE)
    paused = _pause()
    case = factories.case()
    _resume(paused)
    due.run(at=factories.now())
    assert Case.objects.get(pk=case.pk).state == "queued"


@pytest.mark.parametrize("role", ["reviewer", "qa_lead", "auditor"])
def test_without_the_right_nobody_pauses_or_resumes(role: str) -> None:
    paused, somebody = _pause(), factories.person(role)
    for verb in (
        lambda: _pause("intent", "refund", person=somebody),
        lambda: pauses.resume(paused, reason="r", person=somebody, at=factories.now()),
    ):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.slug == "forbidden"
    assert Pause.objects.get().resumed_at is None


@pytest.mark.parametrize(
    ("of", "name", "reason"),
    [
        ("agent", "", "r"),
        ("agent", " ", "r"),
        ("action", "refund\u202e", "r"),
        ("action", "x" * 101, "r"),
        ("team", "billing", "r"),
        ("everything", "", "  "),
        ("everything", "", "\x00"),
        ("everything", "", "r" * 2001),
    ],
)
def test_a_pause_without_a_name_or_a_reason_is_refused(of: str, name: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        _pause(of, name, reason=reason)
    assert refused.value.slug == "invalid-request"
    assert not Pause.objects.exists()


def test_an_administrator_may_pause_too() -> None:
    assert _pause(person=factories.person("admin")).resumed_at is None


def test_a_release_that_was_stopped_at_that_moment_is_not_stopped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.policy(oversight=WATCHED)
    case, supervisor = factories.case(), factories.person("supervisor")
    hold = watching._held  # noqa: SLF001 - the moment before it holds them

    def stopped_before(watched: QuerySet[Case], **more: Any) -> list[Case]:
        watching.stop(case, supervisor=supervisor, reason="odd", at=factories.now())
        return hold(watched, **more)

    monkeypatch.setattr(watching, "_held", stopped_before)
    _pause()
    stopped = Entry.objects.filter(subject=f"case:{case.pk}", kind="case.stopped")
    assert [entry.actor_type for entry in stopped] == ["user"]
