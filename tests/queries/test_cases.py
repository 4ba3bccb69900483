"""Lists of cases: order, filters, pages, and what belongs on one."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from reviewqueue.domain import claims
from reviewqueue.models import Case, Queue
from reviewqueue.queries import cases
from reviewqueue.queries.cases import Wanted
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
EVERYWHERE = {"category": "scope", "when": {"fact": "action.kind", "in": ["tool_call"]}, "outcome": "review"}


def routed(**queues: str) -> None:
    """A policy that sends intents to queues."""
    triggers = [
        EVERYWHERE | {"name": f"to-{queue}", "match": {"intent": [intent]}, "queue": queue}
        for intent, queue in queues.items()
    ]
    factories.policy(triggers=triggers)


def listed(person: Any, *, order: str = "due", **wanted: Any) -> list[str]:
    return [case.pk for case in cases.page(person, Wanted(**wanted), order=order).cases]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "PAGE", 2)


@pytest.mark.covers("R65", "R68")
def test_the_order_is_deadline_against_cost_of_delay() -> None:
    urgent = EVERYWHERE | {"name": "vip", "match": {"tier": ["vip"]}, "priority": "urgent"}
    factories.policy(triggers=[urgent])
    at = factories.now()
    plain = factories.case(at=at, actions=[factories.action(value=None)])
    costly = factories.case(at=at, actions=[factories.action(value={"amount": "20000", "currency": "EUR"})])
    waiting = factories.case(at=at - timedelta(minutes=50), actions=[factories.action(value=None)])
    vip = factories.case(at=at, customer={"id": "v", "tier": "vip"})
    late = factories.case(at=at - timedelta(hours=3), actions=[factories.action(value=None)])
    assert listed(factories.person()) == [late.pk, vip.pk, waiting.pk, costly.pk, plain.pk]


def test_a_closed_case_has_no_rank_and_one_that_is_open_again_has_its_old_one() -> None:
    factories.policy(undo_seconds=60)
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    before = case.rank_at
    factories.decide(case, reviewer)
    case.refresh_from_db()
    assert case.rank_at is None
    from reviewqueue.domain import decisions  # noqa: PLC0415 - this test alone undoes

    assert decisions.undo(case, reviewer=reviewer, at=factories.now()).rank_at == before


def test_another_currency_is_compared_by_the_policys_rate_and_an_unknown_one_counts_as_large() -> None:
    factories.policy(currency_rates={"JPY": "0.006"})
    worth = {
        currency: factories.case(actions=[factories.action(value={"amount": "20000", "currency": currency})]).worth
        for currency in ("EUR", "JPY", "XAU")
    }
    assert worth == {"EUR": Decimal(20000), "JPY": Decimal(120), "XAU": None}
    unknown = Case.objects.get(value_currency="XAU")
    assert unknown.head_start.worth == timedelta(minutes=30)


@pytest.mark.covers("R67", "R70")
def test_somebody_of_some_queues_sees_these_in_one_order_and_what_they_are_offered() -> None:
    routed(a="billing", b="legal", c="vip")
    at = factories.now()
    made = [factories.case(intent=intent, at=at + timedelta(seconds=n)) for n, intent in enumerate("abcba")]
    person = factories.person(queues=["billing", "legal"])
    assert listed(person) == [made[0].pk, made[1].pk, made[3].pk, made[4].pk]
    Case.objects.filter(pk=made[2].pk).update(offered_to=person)
    assert listed(person) == [case.pk for case in made]
    assert listed(person, queues=["vip"]) == [made[2].pk]
    assert listed(person, queues=["legal"]) == [made[1].pk, made[3].pk]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("order", ["due", "breach", "newest", "oldest"])
@pytest.mark.parametrize("queues", [None, ["billing", "legal"]])
def test_page_by_page_every_case_comes_once_in_every_order(order: str, queues: list[str] | None) -> None:
    routed(a="billing", b="legal")
    at = factories.now()
    made = [factories.case(intent=intent, at=at).pk for intent in "abbab"]
    person = factories.person(**({"queues": queues} if queues else {}))
    seen, cursor = [], ""
    while True:
        page = cases.page(person, Wanted(), order=order, cursor=cursor)
        seen.append([case.pk for case in page.cases])
        if not (cursor := page.cursor):
            break
    together = [case for part in seen for case in part]
    assert ([len(part) for part in seen], sorted(together)) == ([2, 2, 1], sorted(made))
    if order in {"newest", "oldest"}:
        assert together == sorted(made, reverse=order == "newest")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"priority": 2}, "vip"),
        ({"risk": "low"}, "low"),
        ({"agent": "helper"}, "agent"),
        ({"intent": "refund"}, "vip low agent rich"),
        ({"intent": "cancel"}, "german"),
        ({"language": "de"}, "german"),
        ({"language": "en"}, ""),
        ({"least": Decimal(1000)}, "rich strange"),
        ({"search": "jonas"}, "german"),
        ({"states": ["claimed"]}, ""),
        ({"intent": "refund", "risk": "low", "language": "de"}, ""),
    ],
)
def test_each_filter_narrows(wanted: dict[str, Any], found: str) -> None:
    factories.policy(
        triggers=[EVERYWHERE | {"name": "vip", "match": {"tier": ["vip"]}, "priority": "high"}],
        risk_levels=[{"match": {"workflow": ["safe"]}, "level": "low"}],
    )

    def with_value(amount: str, currency: str) -> dict[str, Any]:
        return {"actions": [factories.action(value={"amount": amount, "currency": currency})]}

    made = {
        "vip": factories.case(customer={"id": "v", "name": "V", "tier": "vip"}),
        "low": factories.case(workflow="safe"),
        "agent": factories.case(by=factories.agent(name="helper")),
        "german": factories.case(intent="cancel", language="de-AT", customer={"id": "j", "name": "Jonas"}),
        "rich": factories.case(**with_value("5000", "EUR")),
        "strange": factories.case(intent="odd", **with_value("1", "XAU")),
    }
    assert set(listed(factories.person(), **wanted)) == {made[name].pk for name in found.split()}


def test_holder_narrows_to_what_somebody_holds() -> None:
    person = factories.person()
    mine, _other = factories.claimed(person), factories.claimed(factories.person())
    assert listed(person, holder=person.pk) == [mine.pk]


@pytest.mark.usefixtures("small_pages")
def test_only_what_belongs_between_its_first_and_its_last_row_is_new_to_a_page() -> None:
    at, person = factories.now(), factories.person()
    made = [factories.case(at=at + timedelta(seconds=n)) for n in range(5)]
    first = cases.page(person, Wanted(), order="due")
    urgent = factories.case(at=at - timedelta(hours=1))
    ids = [case.pk for case in made] + [urgent.pk]

    def among(**between: str) -> list[str]:
        return sorted(cases.among(person, Wanted(), ids, order="due", **between))

    assert among(until=first.cursor) == sorted([urgent.pk, made[0].pk, made[1].pk])
    assert among(cursor=first.cursor) == sorted(case.pk for case in made[2:])
    assert cases.among(person, Wanted(queues=["legal"]), ids, order="due") == []
    assert cases.among(person, Wanted(), [], order="due") == []


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"order": "best"}, "?order"),
        ({"cursor": "WyJhIl0"}, "?cursor"),
        ({"wanted": Wanted(states=["gone"])}, "?state"),
    ],
)
def test_what_no_list_knows_is_refused_by_name(said: dict[str, Any], pointer: str) -> None:
    wanted = said.pop("wanted", Wanted())
    with pytest.raises(Refusal) as refused:
        cases.page(factories.person(), wanted, **said)
    assert [error["pointer"] for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("queues", "queries"), [(None, 2), (["routine"], 3)])
def test_a_page_asks_twice_whatever_its_length(
    django_assert_num_queries: Callable[..., Any], count: int, queues: list[str] | None, queries: int
) -> None:
    person = factories.person(**({"queues": queues} if queues else {}))
    for _each in range(count):
        claims.claim(factories.case(), reviewer=factories.person(), at=factories.now())
    with django_assert_num_queries(queries):
        found = cases.page(person, Wanted(), order="due").cases
        assert len([(case.queue.title, case.claimed_by, case.agent.name, case.document) for case in found]) == count


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("order", ["due", "newest"])
@pytest.mark.parametrize("queues", [None, ["billing", "legal"]])
def test_a_rare_filter_looks_through_so_many_and_goes_on_from_there(order: str, queues: list[str] | None) -> None:
    routed(a="billing", b="legal")
    at, intents = factories.now(), "abaabbaabbab"
    made = [
        factories.case(intent=intent, language="de" if n % 5 == 0 else "en", at=at + factories.later(n)).pk
        for n, intent in enumerate(intents)
    ]
    states: tuple[str, ...] = cases.OPEN
    if order == "newest":
        Case.objects.update(state="decided", rank_at=None)
        states = ("decided",)
    person = factories.person(**({"queues": queues} if queues else {}))
    seen, cursor, looks = [], "", []
    while True:
        page = cases.page(person, Wanted(language="de", states=states), order=order, cursor=cursor, within=4)
        seen += [case.pk for case in page.cases]
        looks.append(page.unfinished)
        if not (cursor := page.cursor):
            break
    expected = [made[0], made[5], made[10]]
    assert (seen, set(looks[:-1]), looks[-1]) == (expected if order == "due" else expected[::-1], {4}, 0)


@pytest.mark.parametrize("order", ["due", "newest"])
def test_a_filtered_page_walks_an_index_that_holds_what_is_asked_for(order: str) -> None:
    Queue.objects.get_or_create(name="routine")
    wanted = Wanted(queues=["routine"], intent="x", states=cases.OPEN if order == "due" else ("decided", "closed"))
    question = (
        wanted.narrow(Case.objects.filter(queue_id="routine")).order_by(*cases.ORDERS[order]).values_list("id")[:51]
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for other in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{other} = off")
    index = "case_open_in_queue" if order == "due" else "case_over_in_queue"
    assert index in question.explain()


@pytest.mark.parametrize("queues", [(), ("routine",)])
def test_the_queue_walks_an_index_of_open_cases_and_sorts_nothing(queues: tuple[str, ...]) -> None:
    Queue.objects.get_or_create(name="routine")
    (part,) = cases._parts(factories.person(), Wanted(queues=queues), apart=True)  # noqa: SLF001 - the plan of this very question
    question = part.filter(rank_at__isnull=False).order_by("rank_at", "id").values_list("rank_at", "id")[:51]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    plan = question.explain()
    index = "case_open_in_queue" if queues else "case_open_anywhere"
    assert (index in plan, "SORT" in plan.upper() or "TEMP B-TREE" in plan.upper()) == (True, False)
