"""Full-text search: the same on both databases, whatever is asked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from reviewqueue.models import Case, wordindex
from reviewqueue.queries import cases, search
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HOSTILE = [
    '"',
    "'",
    '""',
    '" OR 1=1 --',
    "maya' OR 'x'='x",
    "NEAR(maya late)",
    "maya AND",
    "NOT maya",
    "customer:maya",
    "maya*",
    "^maya",
    "{maya}",
    "maya & ! | <-> ( )",
    "maya:*A",
    "\x00maya",
    "%",
    "_",
    "\\",
    "$1",
    "'; DROP TABLE reviewqueue_case; --",
    "\u202emaya\u202c",
    "\ud83d",
    "a" * 5000,
    "maya " * 500,
]


def found(text: str, person: Any = None) -> list[str]:
    """The ids of the cases that a search finds, newest first."""
    wanted = cases.Wanted(search=text)
    return [case.pk for case in cases.page(person or factories.person(), wanted, order="newest").cases]


def maya(**fields: Any) -> Case:
    """A case of Maya Roßmann, who is cus-71."""
    customer = {"id": "cus-71", "name": "Maya Roßmann"}
    return factories.case(**({"customer": customer, "briefing": {"issue": "Order A-1 came too late"}} | fields))


@pytest.mark.parametrize(
    "text",
    ["maya", "MAYA rossmann", "may", "late order", "a-1", "cus-71", "cus 71", "ma\u200bya", "ross too", "máyá"],
)
def test_customer_and_issue_are_found_by_the_beginnings_of_their_words(text: str) -> None:
    case = maya()
    factories.case(customer={"id": "x", "name": "Ben"}, briefing={"issue": "Where is my parcel"})
    assert found(text) == [case.pk]


@pytest.mark.parametrize("text", ["aya", "maya ben", "jonas", "!!!"])
def test_what_does_not_stand_there_is_not_found(text: str) -> None:
    maya()
    assert found(text) == []


def test_a_case_is_found_by_its_id_whole_or_begun() -> None:
    first, _second = maya(), maya()
    assert (found(first.pk), found(first.pk[5:]), found(first.pk[:-3])) == ([first.pk],) * 3


@pytest.mark.covers("R80")
def test_a_script_without_spaces_is_found_by_any_of_its_signs() -> None:
    case = maya(briefing={"issue": "注文が届かないので返金してください"})
    assert (found("返金"), found("交換")) == ([case.pk], [])


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_is_words_and_never_a_query(text: str) -> None:
    case = maya()
    assert found(text) in ([], [case.pk])


def test_search_shows_only_what_one_may_see() -> None:
    maya()
    assert found("maya", factories.person(queues=["legal"])) == []


def test_a_forgotten_case_is_forgotten_by_the_index_too() -> None:
    case = maya()
    Case.objects.filter(pk=case.pk).update(search_terms=f"{case.pk[5:]} erased")
    assert (found("maya"), found("erased")) == ([], [case.pk])
    case.events.all().delete()
    Case.objects.filter(pk=case.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {wordindex.TABLE} WHERE case_id = %s", [case.pk])  # noqa: S608 - our own table
        assert cursor.fetchone() == (0,)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_an_index_whose_triggers_were_lost_has_them_again_after_the_next_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {wordindex.TABLE}_keep_insert")
    call_command("migrate", verbosity=0)
    case = maya()
    assert found("maya") == [case.pk]


@pytest.mark.parametrize("among", [1, 2, 10_000])
def test_a_search_for_a_word_of_every_case_looks_at_the_newest_only(
    monkeypatch: pytest.MonkeyPatch, among: int
) -> None:
    other, _old, new = factories.case(customer={"id": "x", "name": "Ben"}), maya(), maya()
    monkeypatch.setattr(search, "NEWEST", 1)
    monkeypatch.setattr(search, "_AMONG", among)
    assert (found("maya"), found("ben"), found("nobody")) == ([new.pk], [other.pk], [])


def test_who_searches_for_such_a_word_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def crowded(*words: str) -> list[bool]:
        return [cases.page(factories.person(), cases.Wanted(search=word)).crowded for word in words]

    maya()
    assert crowded("maya", "ben", "!!!", "") == [False, False, False, False]
    monkeypatch.setattr(search, "NEWEST", 1)
    assert crowded("maya", "ben", "") == [True, False, False]


def test_the_index_is_asked_and_not_every_case(django_assert_num_queries: Callable[..., Any]) -> None:
    maya()
    person = factories.person()
    with django_assert_num_queries(3):
        assert len(found("maya", person)) == 1
