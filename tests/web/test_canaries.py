"""A control case and a real one side by side: pages and answers of the wire, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from hitl.accounts import tokens
from reviewqueue.domain import claims, decisions, due
from reviewqueue.models import Canary, Case, CoachingRules, Event, Queue
from tests import factories
from tests.domain import coached
from tests.web.pages import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
Visit = Callable[..., Visitor]


@pytest.fixture
def pair() -> tuple[Case, Case]:
    """A control case, and a real one in which its agent proposes just the same to another customer."""
    factories.policy()
    coached.rules()
    agent = factories.agent(name="refund-bot")
    source = coached.overridden(factories.person(), agent)
    made = coached.specimen(source, factories.person("supervisor"))
    # What is like the real one is not like the control case: here it lies where the reviewer does not work.
    Case.objects.filter(pk=source.pk).update(queue=Queue.objects.create(name="elsewhere"))
    # Longer than a busy machine takes for all that is looked at.
    factories.policy(undo_seconds=50)
    canary = coached.planted(made)
    shown = json.loads(canary.proposal)
    return canary, factories.case(by=agent, at=canary.created_at, **shown | _others(shown))


def _others(shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "dedupe_key": "thread-99999",
        "conversation": {**shown["conversation"], "id": "conv-99999"},
        "customer": {**shown["customer"], "id": "cus-99999"},
    }


def unnamed(text: str, case: Case) -> str:
    """Without what must differ between any two cases: their ids, and what is computed from them."""
    shown = json.loads(case.proposal)
    names = (case.pk, shown["dedupe_key"], shown["conversation"]["id"], shown["customer"]["id"])
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "ID")
    text = re.sub(r"(?:sha256:)?[0-9a-f]{64}", "DIGEST", text)
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1TOKEN", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", "MOMENT", text)
    text = re.sub(r"<time [^>]*>[^<]*</time>", "MOMENT", text)
    text = re.sub(r"(case|dec|q)_[0-9a-z]{26}", r"ID", text)
    text = re.sub(r'data-seq="\d+"|stroke-dasharray="\d+ 57"|data-left>[\d:]+<', "", text)
    return re.sub(r"/wait/[\w.~-]+", "/wait/LINK", text)


@contextmanager
def as_if_never() -> Iterator[None]:
    """What happens inside is taken back, so that the next one finds the desk as this one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def pages(ana: Visitor, case: Case) -> list[tuple[int, str]]:
    """What a reviewer opens of a case, from the first look until it is decided and can still be undone."""
    address, ruling = f"/cases/{case.pk}/", {"call_id": "call_1", "type": "approve"}
    with as_if_never():
        seen = [ana.open(address), ana.open(f"{address}customer")]
        held = claims.claim(case, reviewer=ana.user, at=factories.now())
        seen += [ana.open(address), ana.open(f"{address}news")]
        look = factories.look(held)
        decisions.decide(held, reviewer=ana.user, look=look, decisions=[ruling], at=factories.now())
        seen.append(ana.open(address))
    return [(page.status, unnamed(page.source, case)) for page in seen]


def answers(ana: Visitor, case: Case) -> list[tuple[int, str]]:
    """The same by the wire."""
    secret = tokens.make(ana.user, label="wire", at=factories.now())[1]
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}", "HTTP_ACCEPT": "application/json"}
    root, sent = f"/api/v1/review/cases/{case.pk}", {"content_type": "application/json", **headers}
    with as_if_never():
        got = [ana.client.get(root, **headers), ana.client.post(f"{root}/claim", {}, **sent)]
        body = ana.client.get(root, **headers).json()
        body = {name: body[name] for name in ("version", "seen_digest")} | {"claim_token": body["claim"]["token"]}
        ruling = {"decisions": [{"call_id": "call_1", "type": "approve"}]}
        got += [ana.client.post(f"{root}/decide", body | ruling, **sent), ana.client.get(root, **headers)]
        got.append(ana.client.get("/api/v1/review/cases?state=decided", **headers))
    return [(each.status_code, unnamed(each.content.decode(), case)) for each in got]


@pytest.fixture
def ana(visit: Visit) -> Visitor:
    """Somebody who may get a control case, in one queue."""
    made = visit(queues=["routine"])
    coached.overridden(made.user, factories.agent(), conversation=coached.OTHER, intent="else", actions=[coached.SENT])
    return made


def test_no_page_of_a_reviewer_tells_it_apart(pair: tuple[Case, Case], ana: Visitor) -> None:
    canary, sibling = (pages(ana, case) for case in pair)
    assert [status for status, _page in canary] == [200] * 5
    assert canary == sibling


def test_no_answer_of_the_wire_tells_it_apart(pair: tuple[Case, Case], ana: Visitor) -> None:
    canary, sibling = (answers(ana, case) for case in pair)
    assert [status for status, _answer in canary] == [200] * 5
    assert canary == sibling


def test_no_row_of_the_queue_tells_it_apart(pair: tuple[Case, Case], visit: Visit) -> None:
    page = visit().open("/")
    rows = re.findall(r"<tr.*?</tr>", page.source, re.DOTALL)
    mine = {case.pk: [row for row in rows if case.pk in row] for case in pair}
    told = [unnamed("".join(mine[case.pk]), case) for case in pair]
    assert told[0] == told[1]
    assert told[0].count("<tr") == 1


def test_the_socket_says_the_same_of_both(pair: tuple[Case, Case]) -> None:
    ana = coached.worker()
    for case in pair:
        claims.claim(case, reviewer=ana, at=factories.now())
    told = [
        list(Event.objects.filter(case=case).order_by("pk").values_list("kind", "version", "queue")) for case in pair
    ]
    assert told[0] == told[1]


def test_who_decided_one_is_told_until_they_have_read_it(pair: tuple[Case, Case], ana: Visitor, visit: Visit) -> None:
    canary, _sibling = pair
    held = claims.claim(canary, reviewer=ana.user, at=factories.now())
    approve = {"call_id": "call_1", "type": "approve"}
    look = factories.look(held)
    decisions.decide(held, reviewer=ana.user, look=look, decisions=[approve], at=factories.now())
    assert "control case" not in ana.open("/").text
    due.run(at=factories.now() + coached.LONG)
    assert "A case that you decided was a control case" in ana.open("/").text
    page = ana.open(f"/practice/planted/{canary.pk}/")
    assert (page.status, "let pass" in page.text, "The limit is 200 EUR." in page.text) == (200, True, True)
    assert "A case that you decided" not in ana.open("/").text
    assert visit().open(f"/practice/planted/{canary.pk}/").status == 404


def test_everybody_who_decides_is_told_that_there_are_control_cases(visit: Visit) -> None:
    ana, admin = visit(), visit("admin")
    numbers = {
        "share": 2,
        "per_week": 3,
        "queue_at_most": 3,
        "quick_below": 40,
        "quick_in_a_row": 5,
        "help_minutes": 0,
        "help_evidence": 0,
    }
    numbers |= {"second_share": 2, "pass_answers": 5, "pass_percent": 80, "valid_days": 180, "lapse_misses": 2}
    form = numbers | {"canaries": "on", "certified_risks": ["critical"]}
    assert admin.client.post("/admin/reviewqueue/coachingrules/add/", form).status_code == 302
    assert CoachingRules.objects.get().certified_risks == ["critical"]
    assert "From now on there are control cases" in ana.open("/").text
    assert ana.client.post("/coaching/understood").status_code == 302
    assert "From now on there are control cases" not in ana.open("/").text


def test_a_coach_makes_reads_and_approves_what_is_to_be_learned_from(visit: Visit) -> None:
    factories.policy()
    case, lead = coached.overridden(factories.person(), factories.agent()), visit("qa_lead")
    assert case.pk in lead.open("/coaching/").source
    answer = lead.client.post(f"/coaching/cases/{case.pk}/")
    page = lead.open(answer["Location"])
    assert ("Maya" in page.source, "The limit is 200 EUR." in page.source) == (False, True)
    form = {"title": "Late order", "lesson": "", "for_practice": "on", "for_control": "on", "do": "approve"}
    assert lead.client.post(answer["Location"], form).status_code == 422
    text = {"text:/conversation/messages/0/text": "My parcel came late."}
    assert lead.client.post(answer["Location"], form | text | {"lesson": "Look at the limit."}).status_code == 302
    shown = lead.open(answer["Location"])
    assert ("My parcel came late." in shown.source, "in use" in shown.text) == (True, True)
    assert Canary.objects.count() == 0


@pytest.mark.parametrize(("role", "status"), [("reviewer", 403), ("admin", 403), ("auditor", 403), ("supervisor", 200)])
def test_coaching_is_for_coaches(visit: Visit, role: str, status: int) -> None:
    assert visit(role).open("/coaching/").status == status


def test_what_is_typed_about_a_case_to_learn_from_stays_what_it_is(visit: Visit) -> None:
    factories.policy()
    case, lead = coached.overridden(factories.person(), factories.agent()), visit("qa_lead")
    address = lead.client.post(f"/coaching/cases/{case.pk}/")["Location"]
    lead.client.post(address, {"title": 'A "<b>" case', "lesson": "Look <i>here</i>.", "for_practice": "on"})
    page = lead.open(address)
    assert [each.attributes["value"] for each in page.all("input", name="title")] == ['A "<b>" case']
    assert page.says("textarea", name="lesson") == ["Look <i>here</i>."]
