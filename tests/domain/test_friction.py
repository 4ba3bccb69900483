"""What an approval takes at each risk, when it is made piece by piece on a page and when a program makes it."""

from dataclasses import replace
from typing import Any

import pytest

from hitl.accounts.models import User
from reviewqueue.domain import claims, decisions, looking
from reviewqueue.models import Case, Decision
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
SOURCES = [{"id": f"s{n}", "title": f"Rule {n}", "text": "Up to 400 EUR."} for n in range(5)]
GROUND = {"call_id": "call_1", "type": "approve", "reason_code": "within_rules"}
BARE = {"call_id": "call_1", "type": "approve"}
REJECT = {"call_id": "call_1", "type": "reject", "reason_code": "policy"}


def at_risk(level: str, **fields: Any) -> tuple[Case, User]:
    """A claimed case at this risk, and who holds it."""
    factories.policy(risk_levels=[{"match": {}, "level": level}])
    reviewer = factories.person()
    return factories.claimed(reviewer, **{"sources": SOURCES} | fields), reviewer


def on_page(case: Case, reviewer: User, ruling: dict[str, Any], *, saw: bool = True, **more: Any) -> decisions.Outcome:
    """Decide as the page does."""
    look = replace(factories.look(case), on_page=True, saw_action=saw)
    return decisions.decide(case, reviewer=reviewer, look=look, decisions=[ruling], at=factories.now(), **more)


def missing(case: Case, reviewer: User, ruling: dict[str, Any], **more: Any) -> list[str]:
    """What is still to be done before this approval."""
    with pytest.raises(Refusal) as refused:
        on_page(case, reviewer, ruling, **more)
    assert not Decision.objects.exists()
    return [f"{error['pointer']}: {error['detail']}" for error in refused.value.errors]


NO_GROUND = "/decisions/0/reason_code: Say why it is right: choose a reason."


def test_at_low_risk_one_press_approves() -> None:
    assert on_page(*at_risk("low"), BARE, saw=False).effective_at


def test_at_medium_risk_somebody_says_why_it_is_right() -> None:
    case, reviewer = at_risk("medium")
    assert missing(case, reviewer, BARE) == [NO_GROUND]
    assert missing(case, reviewer, BARE | {"reason_code": "wrong_fact"}) == [NO_GROUND]
    assert on_page(case, reviewer, GROUND, saw=False).effective_at
    assert Decision.objects.get().reason_code == "within_rules"


def test_at_high_risk_the_conversation_and_the_first_sources_are_opened() -> None:
    case, reviewer = at_risk("high")
    first = [
        f"/evidence: Open this before you approve: {name}" for name in ("Conversation", "Rule 0", "Rule 1", "Rule 2")
    ]
    assert missing(case, reviewer, GROUND) == first
    looking.open_piece(case, person=reviewer, piece="source-1", at=factories.now())
    assert missing(case, reviewer, GROUND) == [line for line in first if "Rule 1" not in line]
    factories.read(case, reviewer)
    assert on_page(case, reviewer, GROUND).effective_at


def test_at_high_risk_the_action_was_on_the_screen() -> None:
    case, reviewer = at_risk("high")
    factories.read(case, reviewer)
    says = "/evidence: Look at the action first: it was not on your screen yet."
    assert missing(case, reviewer, GROUND, saw=False) == [says]


def test_what_a_colleague_opened_counts_for_nobody_else() -> None:
    case, reviewer = at_risk("high", sources=[])
    factories.read(case, factories.person())
    assert missing(case, reviewer, GROUND) == ["/evidence: Open this before you approve: Conversation"]


def test_a_rejection_takes_no_reading() -> None:
    case, reviewer = at_risk("critical")
    assert on_page(case, reviewer, REJECT, saw=False).effective_at


@pytest.mark.parametrize("ruling", ["edit", "reject"])
def test_why_it_is_right_is_no_reason_to_change_or_reject_it(ruling: str) -> None:
    case, reviewer = at_risk("low")
    said = {"call_id": "call_1", "type": ruling, "reason_code": "within_rules"}
    args = {"args": {"order_id": "A-1", "amount": "1.00"}} if ruling == "edit" else {}
    assert missing(case, reviewer, said | args) == ["/decisions/0/reason_code: Say why: choose a reason."]


def test_at_critical_risk_two_people_agree_and_type_the_amount() -> None:
    case, reviewer = at_risk("critical", sources=[])
    factories.read(case, reviewer)
    assert missing(case, reviewer, GROUND) == ["/typed_amount: Type the amount again to confirm it."]
    assert on_page(case, reviewer, GROUND, typed_amount="350").second_look
    second = factories.person()
    case = claims.claim(case, reviewer=second, at=factories.now())
    assert missing(case, second, GROUND, typed_amount="350") == [
        "/evidence: Open this before you approve: Conversation"
    ]
    factories.read(case, second)
    assert on_page(case, second, GROUND, typed_amount="350").effective_at


def test_a_program_is_handed_the_whole_case_and_states_no_grounds() -> None:
    case, reviewer = at_risk("high")
    assert factories.decide(case, reviewer).effective_at


def test_a_program_cannot_do_without_the_second_person_either() -> None:
    case, reviewer = at_risk("critical")
    assert factories.decide(case, reviewer, typed_amount="350").second_look
