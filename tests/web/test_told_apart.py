"""Ways in which somebody could try to tell a control case from a real one (THREAT_MODEL), each tried on both."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.actions import SYSTEM
from hitl.accounts import tokens
from hitl.api import description
from hitl.api import events as agents_events
from reviewqueue import consumers
from reviewqueue.domain import claims, configuration, decisions, dosage, due, endings
from reviewqueue.models import Case, Event, Grant
from reviewqueue.queries import events, links
from reviewqueue.web import urls
from tests import factories
from tests.domain import coached
from tests.web.pages import Visitor
from tests.web.test_canaries import ana, as_if_never, pair, unnamed

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
Visit = Callable[..., Visitor]
Pair = tuple[Case, Case]
__all__ = ["ana", "pair"]
APPROVE = {"call_id": "call_1", "type": "approve"}
# Counted from the first event of the desk, whichever case it was about.
_COUNTED = re.compile(r'("seq": ?|data-seq="|after=)\d+')
# What differs from one second, and from one question, to the next.
_FLEETING = re.compile(r"\b\d+ s\b|\breq_\w+|nonce-[\w+/=-]+|\bs\d+_x\d+|\b[0-9A-Z]{8}\b(?= · received)")


def general() -> list[str]:
    """The addresses of the desk's pages that need no name of anything."""
    routes = [str(each.pattern) for each in urls.urlpatterns]
    plain = [f"/{route}" for route in routes if not re.search(r"[<^(]", route)]
    measured = [f"/insight/{name}/cases" for name in ("handling_time", "approval_time", "reviewer_load")]
    return [*plain, *measured, "/palette/?q=Maya", "/palette/?q=refund", "/?state=decided", "/?q=late"]


def wire() -> list[str]:
    """What a reviewer's program can read by the wire without naming anything, and its lists by what both have."""
    found = [path for path, verbs in description.document()["paths"].items() if "get" in verbs and "{" not in path]
    lists = [f"/api/v1/review/cases?{asked}" for asked in ("state=queued", "q=Maya", "limit=1", "state=decided")]
    return [*found, *lists]


def of_case(case: Case) -> list[str]:
    """The addresses of what can be read of one case, on pages and by the wire."""
    pages = [str(each.pattern) for each in urls.urlpatterns if str(each.pattern).startswith("cases/<")]
    wire = [path for path, verbs in description.document()["paths"].items() if "get" in verbs and "{case_id}" in path]
    found = [f"/{each}".replace("<str:case_id>", case.pk) for each in pages if "<slug" not in each]
    return found + [path.replace("{case_id}", case.pk) for path in wire]


def said(ana: Visitor, address: str, case: Case) -> tuple[str, int, str, list[str]]:
    """Status, text and headers of an answer, without what differs between any two cases."""
    secret = {} if not address.startswith("/api") else _token(ana)
    answer = ana.client.get(address, **secret)
    # The length follows from the ids, which are as long as each agent makes them.
    told = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    headers = [lasting(f"{name}: {value}", case) for name, value in told.items()]
    return unnamed(address, case), answer.status_code, lasting(answer.content.decode(), case), headers


def lasting(text: str, case: Case) -> str:
    """Without what differs between any two cases, and from one second to the next."""
    return _FLEETING.sub("FLEETING", _COUNTED.sub(r"\1N", unnamed(text, case)))


def _token(ana: Visitor) -> dict[str, str]:
    secret = tokens.make(ana.user, label="wire", at=factories.now())[1]
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}", "HTTP_ACCEPT": "application/json"}


def decided(case: Case, ana: Visitor) -> None:
    held = claims.claim(case, reviewer=ana.user, at=factories.now())
    decisions.decide(held, reviewer=ana.user, look=factories.look(held), decisions=[APPROVE], at=factories.now())


def without(case: Case, pair: Pair) -> None:
    """The other of the two leaves, as one that its agent took back."""
    canary, sibling = pair
    if case.pk == canary.pk:
        endings.withdraw(sibling, agent=sibling.agent, reason="", at=factories.now())
    else:
        dosage.take_out(canary.pk, why="test", at=factories.now())


def each(pair: Pair, look: Callable[[Case], Any]) -> list[Any]:
    """The same with both, each on the desk as the other found it."""
    found = []
    for case in pair:
        with as_if_never():
            found.append(look(Case.objects.get(pk=case.pk)))
    return found


def apart(canary: list[Any], sibling: list[Any]) -> list[tuple[str, ...]]:
    """Where two stories differ, each with a few words around it; empty where nothing does."""
    assert len(canary) == len(sibling)
    pairs = [(one[0], (str(one), str(two))) for one, two in zip(canary, sibling, strict=True) if one != two]
    return [(str(place)[:60], *_around(*pair)) for place, pair in pairs]


def _around(one: str, two: str) -> tuple[str, str]:
    place = next((n for n, both in enumerate(zip(one, two, strict=False)) if both[0] != both[1]), len(one))
    return one[max(place - 60, 0) : place + 60], two[max(place - 60, 0) : place + 60]


def test_every_address_of_a_case_answers_alike_before_in_hand_and_decided(pair: Pair, ana: Visitor) -> None:
    def read(case: Case) -> list[Any]:
        found = [said(ana, address, case) for address in of_case(case)]
        claims.claim(case, reviewer=ana.user, at=factories.now())
        found += [said(ana, address, case) for address in of_case(case)]
        decided(case, ana)
        return found + [said(ana, address, case) for address in of_case(case)]

    canary, sibling = each(pair, read)
    assert apart(canary, sibling) == []
    assert sum(status == 200 for _address, status, *_rest in canary) >= 15


def test_no_list_count_figure_or_search_of_the_desk_says_that_what_was_decided_did_not_count(
    pair: Pair, ana: Visitor
) -> None:
    def read(case: Case) -> list[Any]:
        without(case, pair)
        found = [said(ana, address, case) for address in general()]
        decided(case, ana)
        return found + [said(ana, address, case) for address in general()]

    canary, sibling = each(pair, read)
    assert apart(canary, sibling) == []
    assert sum(status == 200 for _address, status, *_rest in canary) >= 20


def test_no_list_of_the_wire_has_a_field_a_place_or_a_count_that_differs(pair: Pair, ana: Visitor) -> None:
    def read(case: Case) -> list[Any]:
        without(case, pair)
        found = [said(ana, address, case) for address in wire()]
        claims.claim(case, reviewer=ana.user, at=factories.now())
        found += [said(ana, address, case) for address in wire()]
        decided(case, ana)
        return found + [said(ana, address, case) for address in wire()]

    canary, sibling = each(pair, read)
    assert apart(canary, sibling) == []
    listed = [text for address, status, text, _headers in canary if "/review/cases" in address and status == 200]
    assert len(listed) >= 12
    assert any("Maya" in text or "case" in text for text in listed)


def test_both_stand_in_one_list_alike_and_their_timelines_tell_the_same(pair: Pair, ana: Visitor) -> None:
    answer = json.loads(ana.client.get("/api/v1/review/cases", **_token(ana)).content)
    rows = {row["id"]: row for row in answer["cases"]}
    canary, sibling = (json.loads(lasting(json.dumps(rows[case.pk]), case)) for case in pair)
    assert canary.keys() == sibling.keys()
    assert {key for key in canary if type(canary[key]) is not type(sibling[key])} == set()
    for case in pair:
        decided(case, ana)
    told = [ana.client.get(f"/api/v1/review/audit/{case.pk}", **_token(ana)) for case in pair]
    kinds = [[(entry["kind"], sorted(entry)) for entry in json.loads(each.content)["entries"]] for each in told]
    assert kinds[0] == kinds[1]
    assert len(kinds[0]) >= 3


def test_what_a_reviewer_takes_along_says_the_same(pair: Pair, ana: Visitor) -> None:
    def taken(case: Case) -> list[tuple[int, str]]:
        without(case, pair)
        decided(case, ana)
        answers = [ana.client.post("/insight/export", {"format": kind}) for kind in ("csv", "json")]
        return [(answer.status_code, lasting(answer.content.decode(), case)) for answer in answers]

    canary, sibling = each(pair, taken)
    assert apart(canary, sibling) == []


def test_the_database_is_asked_the_same_so_that_no_answer_takes_longer(pair: Pair, ana: Visitor) -> None:
    def asked(case: Case) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            for address in of_case(case):
                ana.client.get(address, **_token(ana) if address.startswith("/api") else {})
            decided(case, ana)
            ana.client.get(f"/cases/{case.pk}/")
            decisions.undo(case, reviewer=ana.user, at=factories.now())
        return [re.sub(r"\b\d+\b", "N", lasting(each["sql"], case)) for each in queries.captured_queries]

    canary, sibling = each(pair, asked)
    assert len(canary) == len(sibling) > 50
    assert apart([one[:60] for one in canary], [two[:60] for two in sibling]) == []


def test_neither_is_slower_to_open_and_decide_than_the_other(pair: Pair, ana: Visitor) -> None:
    """By pairs in turn: where neither is slower, one of 36 wins 33 times or more in two of ten million runs."""

    def took(case: Case) -> float:
        with as_if_never():
            begun = time.perf_counter()
            ana.client.get(f"/cases/{case.pk}/")
            decided(case, ana)
            return time.perf_counter() - begun

    for case in pair:
        took(case)
    slower = 0
    for n in range(36):
        first, second = pair if n % 2 else pair[::-1]
        slower += (took(first) > took(second)) == bool(n % 2)
    assert 4 <= slower <= 32


def test_the_socket_whispers_the_same(pair: Pair, ana: Visitor) -> None:
    def heard(case: Case) -> list[str]:
        before = events.newest()
        decided(case, ana)
        decisions.undo(case, reviewer=ana.user, at=factories.now())
        told = [consumers._line(change) for change in events.after(before)]  # noqa: SLF001 - what goes over the wire
        return [lasting(line, case) for line in told]

    canary, sibling = each(pair, heard)
    assert len(canary) >= 3
    assert apart(canary, sibling) == []


def test_its_customers_page_answers_alike_and_what_is_asked_there_reaches_nobody(pair: Pair) -> None:
    def asked(case: Case) -> list[Any]:
        address, visitor = f"/wait/{links.token(case)}", Client()
        answers = [
            visitor.get(address),
            visitor.get(address, headers={"Accept": "application/json"}),
            visitor.get(f"{address}/human"),
            visitor.post(f"{address}/human", {"text": "Please call."}),
            visitor.get(address),
        ]
        return [(answer.status_code, lasting(answer.content.decode(), case)) for answer in answers]

    canary, sibling = each(pair, asked)
    assert apart(canary, sibling) == []
    before = Case.objects.count()
    asked(pair[0])
    assert Case.objects.count() == before
    assert {event.agent_id for event in Event.objects.filter(case=pair[0])} == {None}


def test_for_its_agent_it_is_like_a_case_that_never_was(pair: Pair, ana: Visitor) -> None:
    canary, sibling = pair
    key = key_of(canary)
    for case in pair:
        decided(case, ana)
    due.run(at=factories.now() + coached.LONG)
    nowhere = f"case_{'0' * 26}"
    for method, path, body in (
        ("get", "/cases/{}", None),
        ("post", "/cases/{}/withdraw", {"reason": "x"}),
        ("post", "/cases/{}/answers", {"question_id": "q_1", "text": "x"}),
    ):
        answers = []
        for name in (canary.pk, nowhere):
            sent = {"content_type": "application/json", "data": json.dumps(body)} if body else {}
            answer = getattr(Client(), method)(f"/api/v1{path.format(name)}", **sent, **key)
            answers.append((answer.status_code, answer.content.decode().replace(name, "ID")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
    told = str(agents_events.after_cursor(canary.agent, 0).events)
    assert (canary.pk in told, sibling.pk in told) == (False, True)
    assert not Grant.objects.filter(case=canary).exists()


def key_of(case: Case) -> dict[str, str]:
    """As its agent calls."""
    _key, secret = configuration.make_key(case.agent.name, actor=SYSTEM, at=factories.now())
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
