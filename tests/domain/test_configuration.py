"""Agents and their keys: named, recorded, at most two at a time."""

from typing import Any

import pytest

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import claims, configuration, configuring, lifecycle, watching
from reviewqueue.models import Agent, AgentKey, Queue
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def _make(name: str, **more: Any) -> tuple[AgentKey, str]:
    return configuration.make_key(name, actor=SYSTEM, at=factories.now(), **more)


def test_a_key_is_stored_as_a_hash_and_recorded_without_its_secret() -> None:
    key, secret = _make("shop")
    assert (key.hash, key.hint) == (configuration.hashed(secret), secret[:10])
    entries = Entry.objects.filter(subject="agent:shop").order_by("seq")
    assert [entry.kind for entry in entries] == ["agent.created", "agent.key_made"]
    assert all(secret not in str(entry.body) for entry in entries)


def test_two_keys_are_valid_at_a_time_so_that_one_can_be_rotated() -> None:
    first, _secret = _make("shop")
    _make("shop")
    with pytest.raises(Refusal) as refused:
        _make("shop")
    assert refused.value.slug == "too-many-keys"
    configuration.revoke_key(first, actor=SYSTEM, at=factories.now())
    configuration.revoke_key(first, actor=SYSTEM, at=factories.now())
    _make("shop")
    assert Entry.objects.filter(kind="agent.key_revoked").count() == 1


@pytest.mark.parametrize(("name", "scopes"), [("shop", ["everything"]), ("no spaces", ["propose"]), ("", ["propose"])])
def test_a_key_needs_a_fitting_name_and_known_scopes(name: str, scopes: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        _make(name, scopes=scopes)
    assert (refused.value.slug, Agent.objects.count()) == ("invalid-request", 0)


def test_changes_of_queues_and_agents_are_recorded_with_what_was_before() -> None:
    queue, agent, at = Queue(name="billing"), factories.agent(), factories.now()
    configuring.save_queue(queue, actor=SYSTEM, at=at)
    queue.title = "Billing"
    agent.team = "shop"
    configuring.save_queue(queue, actor=SYSTEM, at=at)
    configuring.save_queue(queue, actor=SYSTEM, at=at)
    configuring.save_agent(agent, actor=SYSTEM, at=at)
    told = [(entry.kind, entry.data) for entry in Entry.objects.order_by("id")]
    assert [kind for kind, _data in told] == ["queue.created", "queue.changed", "agent.changed"]
    assert told[1][1] == {"title": {"before": "", "after": "Billing"}}
    assert told[2][1] == {"team": {"before": "", "after": "shop"}}


def test_a_case_that_somebody_else_took_in_between_is_not_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.case()
    moved = Refusal("stale-version", "Somebody was faster.")

    def too_late(*_args: object, **_kwargs: object) -> None:
        raise moved

    monkeypatch.setattr(lifecycle, "advance", too_late)
    assert claims.claim_next(reviewer=factories.person(), at=factories.now()) is None


def test_a_release_that_is_not_due_or_no_longer_watched_stays_as_it_is() -> None:
    case = factories.case()
    assert watching.release(case, at=factories.now()).state == "queued"
