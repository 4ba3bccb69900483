"""Appending to the ledger."""

import json
import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import chain, ledger
from audit.actions import SYSTEM, Actor
from audit.models import Entry
from audit.verify import verify
from tests.audit.stories import ANA, NOON, SHOP

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R81", "R83")]

SUBJECT = "case:case_1"
SAFE = 2**53 - 1
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.floats(-SAFE, SAFE) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def append(kind: str = "case.commented", *, actor: Actor = ANA, first: bool = False, **body: Any) -> Entry:
    return ledger.append(subject=SUBJECT, kind=kind, actor=actor, at=NOON, body=body, first=first)


@pytest.mark.django_db
def test_every_entry_is_linked_to_the_one_before_it() -> None:
    entries = [append("case.queued", first=True), append(), append("case.closed", actor=SYSTEM)]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.prev for entry in entries] == [chain.GENESIS, entries[0].hash, entries[1].hash]


@pytest.mark.django_db
def test_every_subject_has_a_chain_of_its_own() -> None:
    append(first=True)
    other = ledger.append(subject="user:u_17", kind="user.signed_in", actor=ANA, at=NOON, body={})
    assert (other.seq, other.prev) == (1, chain.GENESIS)


@pytest.mark.django_db
def test_the_timeline_of_a_subject_is_its_entries_in_order() -> None:
    written = [append("case.queued", first=True), append(text="on it"), append("case.closed")]
    ledger.append(subject="case:case_2", kind="case.queued", actor=ANA, at=NOON, body={}, first=True)
    assert ledger.timeline(SUBJECT) == written


@pytest.mark.django_db
def test_an_entry_is_read_back_as_it_was_written() -> None:
    append("case.asked", text="Which order?", of={"who": "customer", "n": 2})
    entry = Entry.objects.get()
    assert (entry.data, entry.actor, entry.at) == (
        {"text": "Which order?", "of": {"who": "customer", "n": 2}},
        ANA,
        NOON,
    )


@pytest.mark.django_db
def test_the_name_of_a_person_is_in_the_erasable_body_and_nowhere_else() -> None:
    entry = append("case.commented", text="hello")
    assert json.loads(entry.body or "") == {"text": "hello", "actor_display": "Ana Ruíz"}
    kept = entry.as_row() | {"body": None}
    assert "Ana" not in json.dumps(kept)


@pytest.mark.django_db
def test_the_same_words_never_leave_the_same_commitment() -> None:
    assert append(text="yes", first=True).commitment != append(text="yes").commitment


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_the_transaction_of_the_change() -> None:
    with pytest.raises(TransactionManagementError, match=r"case\.commented must be recorded in the transaction"):
        append()
    assert Entry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_no_entry() -> None:
    with transaction.atomic():
        append("case.queued", first=True)
        transaction.set_rollback(True)
    assert ledger.timeline(SUBJECT) == []


@pytest.mark.django_db
def test_the_first_entry_costs_one_statement(django_assert_num_queries: pytest.FixtureRequest) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        append(first=True)


@pytest.mark.django_db
def test_a_later_entry_costs_a_look_at_the_end_and_an_insert(django_assert_num_queries: pytest.FixtureRequest) -> None:
    append(first=True)
    with django_assert_num_queries(3 if connection.vendor == "postgresql" else 2):  # type: ignore[operator]
        append()


@pytest.mark.django_db
def test_a_chain_cannot_begin_twice() -> None:
    append(first=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        append(first=True)
    assert len(ledger.timeline(SUBJECT)) == 1


@pytest.mark.django_db
def test_first_entries_of_many_cases_can_be_stored_together() -> None:
    cases = [f"case:case_{n}" for n in range(20)]
    sealed = [ledger.sealed(subject=case, kind="case.queued", actor=SHOP, at=NOON, body={}) for case in cases]
    Entry.objects.bulk_create(sealed)
    report = verify(heads=dict.fromkeys(cases, 1))
    assert (report.holds, report.entries, report.chains) == (True, 20, 20)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"confidence": float("nan")}, "not representable"),
        ({"order": 2**53}, "safe integer"),
        ({"text": "\ud800"}, "non-UTF-8"),
        ({"seen": {1, 2}}, "unsupported type"),
        ({"actor_display": "Mallory"}, "comes from the actor"),
    ],
)
def test_a_body_that_cannot_be_sealed_exactly_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        append(**body)
    assert Entry.objects.count() == 0


@pytest.mark.django_db
def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ledger.append(subject=SUBJECT, kind="case.closed", actor=SYSTEM, at=datetime(2026, 1, 1), body={})  # noqa: DTZ001 -- the point


@pytest.mark.django_db
def test_an_actor_of_no_known_type_is_refused() -> None:
    with pytest.raises(ValueError, match="an actor is one of user, agent, policy, system, not 'robot'"):
        append(actor=Actor("robot", "r2"))


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.text().filter(lambda key: key != "actor_display"), JSON, max_size=4))
def test_whatever_json_is_recorded_comes_back_and_verifies(body: dict[str, object]) -> None:
    with transaction.atomic():
        entry = ledger.append(subject=SUBJECT, kind="case.commented", actor=ANA, at=NOON, body=body)
        stored = Entry.objects.get(pk=entry.pk)
        assert (stored.data, verify().holds) == (body, True)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.covers("R83")
def test_many_writers_of_one_subject_make_one_chain_without_a_gap() -> None:
    def write() -> None:
        for _ in range(5):
            with transaction.atomic():
                append()
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [entry.seq for entry in ledger.timeline(SUBJECT)] == list(range(1, 31))
    assert verify(heads={SUBJECT: 30}).holds


@pytest.mark.django_db(transaction=True)
def test_many_entries_are_recorded_inside_the_transaction_of_their_change_only() -> None:
    with pytest.raises(TransactionManagementError):
        ledger.append_each([(SUBJECT, "case.commented", {})], actor=ANA, at=NOON)
    assert not Entry.objects.exists()
