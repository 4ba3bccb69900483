"""Statements that are prepared once store and find what Django's own would."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict

from audit import rows
from audit.models import Entry
from reviewqueue.models import Agent, AgentKey, Conversation, Event, Queue
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.invented_history]
AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    sealed = {"salt": "0" * 32, "body": '{"text":"Straße"}', "commitment": "c" * 64, "prev": "0" * 64, "hash": "h" * 64}
    place = {"subject": "test:1", "seq": 1, "kind": "test.told", "at": AT, "actor_type": "system", "actor_id": "desk"}
    return Entry(**(place | sealed | changes))


def event(**changes: Any) -> Event:
    return Event(agent=changes.pop("agent"), kind="test.told", at=AT, data={"a": [1, None, "ü"]}, version=3, **changes)


def test_a_row_is_stored_as_saving_it_would() -> None:
    rows.insert(inserted := entry())
    (saved := entry(seq=2)).save(force_insert=True)
    stored, expected = (model_to_dict(Entry.objects.get(pk=row.pk)) for row in (inserted, saved))
    assert stored | {"id": saved.pk, "seq": 2} == expected
    assert (inserted._state.adding, inserted._state.db) == (False, "default")  # noqa: SLF001 - what save() asks


def test_documents_flags_and_what_the_database_chooses_are_stored_too() -> None:
    agent = factories.agent()
    rows.insert(inserted := event(agent=agent))
    (saved := event(agent=agent)).save(force_insert=True)
    stored, expected = (Event.objects.get(pk=row.pk) for row in (inserted, saved))
    assert model_to_dict(stored) | {"id": saved.pk} == model_to_dict(expected)
    assert (inserted.xid, inserted.queue_id) == (stored.xid, None)


def test_a_row_that_may_not_be_stored_is_refused() -> None:
    rows.insert(entry())
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(entry())


def test_a_row_that_is_there_already_is_left_as_it_is() -> None:
    agent = factories.agent()
    first = Conversation(agent=agent, external_id="conv_1", channel="chat", created_at=AT)
    second = Conversation(agent=agent, external_id="conv_1", channel="email", created_at=AT)
    assert [rows.insert_new(first), rows.insert_new(second)] == [True, False]
    assert Conversation.objects.get(agent=agent).channel == "chat"


def test_a_row_is_found_as_django_would_find_it() -> None:
    key = AgentKey.objects.create(
        agent=factories.agent(), hash="a" * 64, hint="hitl", scopes=["propose"], created_at=AT, revoked_at=AT
    )
    found = rows.find(AgentKey, hash="a" * 64)
    assert found is not None
    assert model_to_dict(found) == model_to_dict(AgentKey.objects.get(pk=key.pk))
    assert (found.scopes, found.created_at, found.revoked_at, found.expires_at) == (["propose"], AT, AT, None)
    assert (found._state.adding, found._state.db) == (False, "default")  # noqa: SLF001 - the same


def test_what_is_not_there_is_not_found() -> None:
    assert rows.find(Queue, name="nowhere") is None


def test_a_select_of_ones_own_reads_whole_rows() -> None:
    agent = factories.agent()
    sql = f"SELECT {rows.columns(Agent)} FROM reviewqueue_agent WHERE id = %s"  # noqa: S608 - its own columns
    with connection.cursor() as cursor:
        cursor.execute(sql, [agent.pk])
        values = cursor.fetchone()
    assert model_to_dict(rows.read(Agent, values)) == model_to_dict(Agent.objects.get(pk=agent.pk))
