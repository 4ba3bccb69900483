"""Policies are published as immutable versions, with author and reason."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.actions import Actor
from audit.models import Entry
from reviewqueue.domain import policies
from reviewqueue.engine.policy import PolicyError
from reviewqueue.models import PolicyVersion, Queue
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.covers("R33", "R91")
def test_publishing_makes_a_numbered_version_with_author_reason_and_ledger_entry() -> None:
    author = factories.person("admin")
    at = factories.now()
    actor = Actor("user", author.reference, author.display)
    factories.policy()
    version = policies.publish(factories.PLAIN_POLICY, author=author, actor=actor, reason="start", at=at)
    assert (version.number, version.author, version.reason, version.published_at) == (2, author, "start", at)
    entry = Entry.objects.filter(kind="policy.published").latest("seq")
    assert (entry.seq, entry.data["number"], entry.data["digest"]) == (2, 2, version.digest)
    assert policies.current(at=at)[0] == 2


def test_the_queues_that_a_policy_names_exist_once_it_is_published() -> None:
    trigger = {"name": "t", "category": "legal", "match": {}, "outcome": "review", "queue": "legal"}
    factories.policy(triggers=[trigger])
    assert set(Queue.objects.values_list("name", flat=True)) == {"legal", "routine"}


def test_a_faulty_policy_is_refused_by_path_and_nothing_changes() -> None:
    with pytest.raises(PolicyError) as refused:
        factories.policy(oversight=[{"match": {}, "mode": "sometimes"}])
    assert [fault.path for fault in refused.value.faults] == ["/oversight/0/mode"]
    assert not PolicyVersion.objects.exists()


def test_the_database_refuses_to_change_or_delete_a_published_policy() -> None:
    version = factories.policy()
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(reason="another")
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        version.delete()


def test_the_starting_policy_is_in_force_before_anybody_published_one() -> None:
    number, policy = policies.current(at=factories.now())
    assert (number, policy.digest) == (1, PolicyVersion.objects.get().digest)
    assert policies.numbered(1).digest == policy.digest


def test_a_process_that_comes_second_takes_the_first_policy_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = policies.publish

    def overtaken(*asked: Any, **named: Any) -> PolicyVersion:
        publish(*asked, **named)
        raise IntegrityError

    monkeypatch.setattr(policies, "publish", overtaken)
    monkeypatch.setattr(policies, "transaction", SimpleNamespace(atomic=nullcontext))
    number, _policy = policies.current(at=factories.now())
    assert [number] == list(PolicyVersion.objects.values_list("number", flat=True)) == [1]
