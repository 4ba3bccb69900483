"""Statements that are prepared once store and find what Django's own would."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model
from django.forms.models import model_to_dict
from psycopg import _queries

from audit import ledger, rows
from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import intake
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


def together(*made: Model) -> None:
    with rows.atomic():
        for row in made:
            rows.insert(row)


def moved_with(agent: Agent, *made: Model) -> None:
    with rows.atomic():
        Agent.objects.filter(pk=agent.pk).update(team="other")
        for row in made:
            rows.insert(row)


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


@pytest.mark.django_db(transaction=True)
def test_rows_of_several_tables_are_stored_together_at_the_end() -> None:
    agent = factories.agent()
    together(event(agent=agent), entry())
    assert (Event.objects.count(), Entry.objects.filter(subject="test:1").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_none_of_them_is_stored_when_one_may_not_be() -> None:
    agent = factories.agent()
    rows.insert(entry())
    with pytest.raises(IntegrityError):
        together(event(agent=agent), entry())
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_none_of_them_is_stored_when_the_verb_fails() -> None:
    agent = factories.agent()
    with suppress(ZeroDivisionError), rows.atomic():
        rows.insert(event(agent=agent))
        raise ZeroDivisionError
    together()
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_asked_before_is_undone_with_them() -> None:
    agent = factories.agent()
    with pytest.raises(IntegrityError):
        moved_with(agent, event(agent=agent, case_id="case_nowhere"))
    assert (Event.objects.count(), Agent.objects.get().team) == (0, "")


@pytest.mark.django_db(transaction=True)
def test_an_outer_transaction_takes_them_back() -> None:
    agent = factories.agent()
    with transaction.atomic():
        together(event(agent=agent))
        transaction.set_rollback(True)
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_who_needs_one_of_them_before_has_it_stored() -> None:
    agent = factories.agent()
    with rows.atomic():
        rows.insert(event(agent=agent))
        rows.store()
        assert Event.objects.count() == 1
        rows.insert(event(agent=agent))
    assert Event.objects.count() == 2


def test_the_second_entry_of_a_chain_follows_one_that_waits() -> None:
    with rows.atomic():
        for first in (True, False):
            ledger.append(subject="test:1", kind="case.queued", actor=SYSTEM, at=AT, body={}, first=first)
    one, two = ledger.timeline("test:1")
    assert (two.seq, two.prev) == (2, one.hash)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_postgresql_stores_a_new_case_by_a_single_statement_that_commits_itself(tmp_path: Path) -> None:
    agent, said, at = factories.agent(), factories.proposal(), factories.now()
    factories.case(by=agent)
    wire = tmp_path / "wire"
    with wire.open("w") as out:
        connection.connection.pgconn.trace(out.fileno())
        intake.propose(said, agent=agent, at=at)
        connection.connection.pgconn.untrace()
    told = wire.read_text()
    assert (told.count("WITH row_0"), told.count("INSERT INTO")) == (1, 4)
    assert not re.search("BEGIN|COMMIT", told)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_is_an_error_of_the_database() -> None:
    agent = factories.agent()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()
    with pytest.raises(OperationalError):
        together(event(agent=agent))
    connection.close()
    assert Event.objects.count() == 0


@pytest.mark.postgres_only
def test_the_driver_reads_the_longest_statement_once() -> None:
    agent = factories.agent()
    factories.case(by=agent)
    before = _queries._query2pg.cache_info().misses  # noqa: SLF001 - what hitl.long_statements is about
    factories.case(by=agent)
    assert _queries._query2pg.cache_info().misses == before  # noqa: SLF001 - the same
