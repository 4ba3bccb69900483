"""What is written in a case, and who finds it where: planted words, looked for in everything that each may read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hitl.webhooks.dispatch import gather
from hitl.webhooks.models import Endpoint
from reviewqueue.domain import questions
from reviewqueue.models import Case
from reviewqueue.queries import links
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.covers("R72", "R91")
# Where a word was planted.
BETWEEN_COLLEAGUES = {"note": "Nightshade", "gap": "Gooseberry", "comment": "Clover", "colleague": "Cornflower"}
TOLD_BY_AGENT = {
    "summary": "Sunflower",
    "recommendation": "Rosemary",
    "source": "Sorrel",
    "attribute": "Anemone",
    "description": "Daffodil",
    "flag": "Foxglove",
}
FULL_NAME = {"reviewer": "Mistletoe"}
WORDS = BETWEEN_COLLEAGUES | TOLD_BY_AGENT | FULL_NAME
Read = Callable[[], list[str]]


@pytest.fixture
def agent(db: None) -> AgentCaller:  # noqa: ARG001 - rows are made
    return AgentCaller(scopes=("propose", "redeem", "converse"))


@pytest.fixture
def case(agent: AgentCaller) -> Case:
    """A case that was asked about, commented and decided."""
    words = {name: f"{word} 61.73" for name, word in TOLD_BY_AGENT.items()}
    told = agent.propose(
        actions=[factories.action(description=words["description"])],
        briefing={"summary": words["summary"], "recommendation": words["recommendation"]},
        sources=[{"id": "s1", "title": "Rules", "text": words["source"]}],
        customer={"id": "cus", "name": "Maya R.", "attributes": {"crop": words["attribute"]}},
        signals={"confidence": 0.6173, "risk_flags": [words["flag"]]},
    )
    ben = PersonCaller(first_name="Ben", last_name=FULL_NAME["reviewer"])
    address = f"/review/cases/{told['id']}"
    briefing = ben.claim(told["id"])
    assert ben.post(f"{address}/comment", {"text": BETWEEN_COLLEAGUES["comment"]}).status == 200
    asked = {"claim_token": briefing["claim"]["token"], "of": "colleague", "text": BETWEEN_COLLEAGUES["colleague"]}
    assert ben.post(f"{address}/ask", asked).status == 200
    made, sue = Case.objects.get(pk=told["id"]), factories.person("supervisor")
    question = made.questions.get().pk
    questions.answer_by_person(made, reviewer=sue, question_id=question, text="Ask nobody.", at=factories.now())
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "No receipt."}
    ruling["knowledge_gap"] = BETWEEN_COLLEAGUES["gap"]
    assert ben.decide(ben.claim(told["id"]), ruling, note=BETWEEN_COLLEAGUES["note"]).status == 200
    return Case.objects.get(pk=told["id"])


def found(texts: list[str]) -> set[str]:
    """Which planted words stand somewhere in these."""
    return {name for name, word in WORDS.items() if any(word in text for text in texts)}


def read_by_agent(agent: AgentCaller, case: Case) -> list[str]:
    paths = (f"/cases/{case.pk}", f"/conversations/{case.conversation.external_id}")
    seen = [agent.get(path) for path in paths] + [agent.get("/events", Accept="application/json")]
    Endpoint.objects.create(
        name="we", url="https://example.org/", agent=agent.agent, every=True, created_at=case.created_at, cursor=0
    )
    gather(at=factories.now())
    assert [reply.status for reply in seen] == [200, 200, 200]
    return [reply.raw.decode() for reply in seen] + list(
        Endpoint.objects.get().deliveries.values_list("body", flat=True)
    )


def read_by_customer(case: Case) -> list[str]:
    address = f"/wait/{links.token(case)}"
    kinds: list[dict[str, str]] = [{}, {"Accept": "application/json"}, {"HX-Request": "true"}]
    seen = [Client().get(address, headers=headers) for headers in kinds]
    assert [page.status_code for page in seen] == [200, 200, 200]
    return [page.content.decode() for page in seen]


def read_by_person(case: Case, role: str, status: int, **fields: Any) -> list[str]:
    caller = PersonCaller(role, **fields)
    browser = Client()
    browser.force_login(caller.user)
    page = browser.get(f"/cases/{case.pk}/")
    seen = [caller.get(path) for path in (f"/review/cases/{case.pk}", f"/review/audit/{case.pk}", "/review/cases")]
    assert [page.status_code, *(reply.status for reply in seen[:2])] == [status] * 3
    return [page.content.decode(), *(reply.raw.decode() for reply in seen)]


@pytest.mark.django_db(transaction=True)
def test_the_agent_reads_nothing_of_what_colleagues_tell_each_other(agent: AgentCaller, case: Case) -> None:
    assert found(read_by_agent(agent, case)) & (BETWEEN_COLLEAGUES.keys() | FULL_NAME.keys()) == set()


@pytest.mark.django_db
def test_the_customer_reads_nothing_of_either(case: Case) -> None:
    seen = read_by_customer(case)
    assert (found(seen), [text for text in seen if "61.7" in text or "0.617" in text]) == (set(), [])


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["reviewer", "supervisor", "qa_lead", "auditor"])
def test_whoever_sees_the_case_sees_what_the_agent_told_and_what_colleagues_wrote(case: Case, role: str) -> None:
    seen = found(read_by_person(case, role, 200))
    assert seen >= TOLD_BY_AGENT.keys() | {"note", "comment", "colleague"}


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "fields"), [("admin", {}), ("reviewer", {"queues": ["elsewhere"]})])
def test_whoever_does_not_see_the_case_reads_none_of_it(case: Case, role: str, fields: dict[str, Any]) -> None:
    assert found(read_by_person(case, role, 404, **fields)) == set()
