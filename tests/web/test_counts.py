"""Lists ask the database the same for one row and for three: those that no test of their own counts."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from hitl.accounts import tokens
from hitl.customers.models import Article
from reviewqueue.models import SecondLook, Specimen
from tests import factories
from tests.domain import coached
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Row = Callable[[Any], None]


def _version(_person: Any) -> None:
    factories.policy(undo_seconds=5)


def _decided(person: Any) -> None:
    factories.decide(factories.claimed(person), person)


def _held(person: Any) -> None:
    factories.claimed(person)


def _token(person: Any) -> None:
    tokens.make(person, label="chat", at=factories.now())


def _passkey(person: Any) -> None:
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "key"})


def _session(person: Any) -> None:
    Visitor(person).open("/account/sessions/")


def _article(_person: Any) -> None:
    number = Article.objects.count()
    told = {"title": "Late parcels", "body": "They come.", "state": "published", "changed_at": factories.now()}
    Article.objects.create(slug=f"answer-{number}", **told)


def _specimen(_person: Any) -> None:
    source = coached.overridden(factories.person(), factories.agent(name=f"bot-{Specimen.objects.count()}"))
    coached.specimen(source, factories.person("supervisor"))


def _second(_person: Any) -> None:
    first = factories.person()
    case = factories.claimed(first)
    factories.decide(case, first)
    SecondLook.objects.create(case=case, first_by=first, first_type="approve", drawn_at=factories.now())


LISTS: list[tuple[str, str, Row, int]] = [
    ("reviewer", "/?view=done", _decided, 14),
    ("reviewer", "/?view=mine", _held, 13),
    ("reviewer", "/account/", _token, 3),
    ("reviewer", "/account/second-factor/", _passkey, 3),
    ("reviewer", "/account/sessions/", _session, 3),
    ("reviewer", "/policy/", _version, 7),
    ("admin", "/policy/what-if/", _version, 7),
    ("", "/help/", _article, 1),
    ("supervisor", "/coaching/", _specimen, 10),
    ("reviewer", "/practice/", _specimen, 5),
    ("reviewer", "/second-looks/", _second, 3),
]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("role", "path", "row", "queries"), LISTS, ids=[path for _role, path, _row, _n in LISTS])
def test_a_list_asks_the_database_the_same_whatever_its_length(
    django_assert_num_queries: Callable[..., Any], *, role: str, path: str, row: Row, queries: int, count: int
) -> None:
    person = factories.person(role) if role else None
    for _each in range(count):
        row(person)
    visitor = Visitor(person)
    visitor.open(path)
    with django_assert_num_queries(queries):
        assert visitor.open(path).status == 200
