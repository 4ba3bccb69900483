"""Rules that corrections suggest, from the cases to a draft in what-if."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from reviewqueue.domain import suggesting as looking
from reviewqueue.engine import suggesting
from reviewqueue.engine.policy import parse
from reviewqueue.engine.suggesting import Condition, Known, suggest
from reviewqueue.models import PolicyDraft
from reviewqueue.queries import suggestions
from tests import factories
from tests.web.pages import Visitor

Visit = Callable[..., Visitor]


def _cases(count: int, *, seed: int = 1) -> list[Known]:
    """People change what one intent proposes over 200, and little else."""
    chance, found = Random(seed), []
    for _n in range(count):
        intent, value = chance.choice(["refund", "status", "warranty"]), float(chance.choice([20, 80, 300, 600]))
        often = 0.9 if intent == "refund" and value > 200 else 0.05
        words = {"intent": intent, "agent": chance.choice(["a", "b"])}
        found.append(Known(words, value, 0.8, wrong=chance.random() < often))
    return found


@pytest.mark.covers("R97")
def test_the_rule_that_is_there_is_found_and_holds_on_newer_cases() -> None:
    best = suggest(_cases(900))[0]
    assert set(best.conditions) == {Condition("intent", "is", "refund"), Condition("value", "over", "100")} or set(
        best.conditions
    ) == {Condition("intent", "is", "refund"), Condition("value", "over", "200")}
    assert (best.measured.value or 0) > 0.8


def test_where_nothing_stands_out_nothing_is_suggested() -> None:
    chance = Random(2)
    noise = [Known({"agent": chance.choice("ab")}, 10.0, 0.9, wrong=chance.random() < 0.3) for _n in range(600)]
    assert suggest(noise) == suggest([]) == []


def test_a_suggestion_is_a_trigger_that_a_policy_takes() -> None:
    found = suggest(_cases(900))
    triggers = [parse(factories.PLAIN_POLICY | {"triggers": [suggesting.as_trigger(each)]}).triggers for each in found]
    assert [len(each) for each in triggers] == [1] * len(found) != []


@pytest.mark.django_db
@pytest.mark.covers("R97", "R101")
def test_an_administrator_tries_a_suggested_rule_in_what_if(visit: Visit) -> None:
    who = factories.person()
    reject = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "No."}
    for n in range(60):
        wrong = n % 2
        case = factories.claimed(who, intent="warranty" if wrong else "refund")
        factories.decide(case, who, *([reject] if wrong else []))
    assert "intent is warranty" in visit("qa_lead").open("/gaps/rules/").text
    admin = visit("admin")
    page = admin.open("/gaps/rules/")
    assert ("intent is warranty" in page.text, "Try in what-if" in page.text) == (True, True)
    answer = admin.client.post("/gaps/rules/draft", {"rule": "intent-is-warranty"})
    draft = PolicyDraft.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/policy/what-if/{draft.pk}/")
    assert draft.document["triggers"][-1]["match"] == {"intent": ["warranty"]}
    assert admin.client.post("/gaps/rules/draft", {"rule": "gone"}).status_code == 409
    assert visit("qa_lead").client.post("/gaps/rules/draft", {"rule": "intent-is-warranty"}).status_code == 403
    assert visit("reviewer").open("/gaps/rules/").status == 403


@pytest.mark.django_db
def test_where_many_were_decided_the_page_shows_the_last_look(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "_FEW", 3)
    who = factories.person()
    lead = visit("qa_lead")
    for _each in range(4):
        factories.decide(factories.claimed(who), who)
    assert "4 decided cases" in lead.open("/gaps/rules/").text
    factories.decide(factories.claimed(who), who)
    assert "4 decided cases" in lead.open("/gaps/rules/").text
    looking.look_again(at=factories.now())
    assert "5 decided cases" in lead.open("/gaps/rules/").text


@pytest.mark.django_db
def test_where_few_were_decided_nothing_is_kept_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    looking.look_again(at=factories.now())
    monkeypatch.setattr(suggestions, "_FEW", -1)
    who = factories.person()
    factories.decide(factories.claimed(who), who)
    assert looking.told(at=factories.now()).cases == 1
