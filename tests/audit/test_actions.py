"""How the timeline reads."""

import pytest
from django.utils import translation

from audit.actions import SENTENCES, SYSTEM, Actor, sentence

pytestmark = pytest.mark.covers("R81")

ANA = Actor("user", "u_17", "Ana R.")


def decided(*rulings: tuple[str, str], **body: object) -> str:
    return sentence(
        "case.decided", ANA, {"decisions": [{"type": ruling, "name": name} for ruling, name in rulings], **body}
    )


def test_a_decision_says_who_ruled_what() -> None:
    assert decided(("approve", "refund_order")) == "Ana R. approved refund_order"


def test_decisions_about_several_actions_are_told_together() -> None:
    rulings = (("approve", "refund_order"), ("reject", "send_mail"), ("approve", "close_ticket"), ("edit", "reply"))
    assert decided(*rulings) == (
        "Ana R. approved refund_order + close_ticket, rejected send_mail, edited and approved reply"
    )


def test_an_action_without_a_name_is_called_by_its_call_id() -> None:
    body = {"decisions": [{"type": "respond", "call_id": "call_1"}, {"type": "reject"}]}
    assert sentence("case.decided", ANA, body) == "Ana R. answered instead of call_1, rejected ?"


@pytest.mark.parametrize("decisions", [None, [], "approve", 3, [None, "x"], [{"type": ["approve"]}, {"type": "bless"}]])
def test_a_decision_that_says_nothing_still_reads_well(decisions: object) -> None:
    assert sentence("case.decided", ANA, {"decisions": decisions}) == "Ana R. decided the case"


def test_a_remark_is_part_of_the_sentence() -> None:
    assert sentence("case.handed_back", ANA, {"note": "not my field"}) == "Ana R. handed the case back: not my field"
    assert sentence("case.asked", ANA, {"text": "Which order?", "note": ""}) == "Ana R. asked a question: Which order?"
    assert decided(("reject", "refund_order"), note="no receipt") == "Ana R. rejected refund_order: no receipt"


def test_what_is_no_text_is_no_remark() -> None:
    assert sentence("case.claimed", ANA, {"note": {"a": 1}, "reason": 3}) == "Ana R. took the case"


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (SYSTEM, "The desk"),
        (Actor("agent", "agent_1", "Shop assistant"), "Shop assistant"),
        (Actor("user", "u_17"), "User u_17"),
        (Actor("agent", "agent_1"), "Agent agent_1"),
        (Actor("policy", "policy_12"), "Policy policy_12"),
        (Actor("robot", "r2"), "Someone (r2)"),
    ],
)
def test_whoever_acted_has_a_name_even_when_it_was_erased(actor: Actor, name: str) -> None:
    assert sentence("case.closed", actor, {}) == f"{name} closed the case"


def test_a_case_that_expired_does_not_say_so_twice() -> None:
    assert sentence("case.expired", SYSTEM, {"reason": "expired"}) == "The case expired without a decision"


def test_an_event_of_an_unknown_kind_reads_sensibly() -> None:
    assert sentence("case.put_on_hold", ANA, {"reason": "holiday"}) == "Ana R.: case put on hold: holiday"


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_kind_of_event_has_a_sentence_of_its_own(kind: str) -> None:
    told = sentence(kind, ANA, {})
    assert told not in {"", f"Ana R.: {kind}"}
    assert "%" not in told


def test_percent_signs_in_names_and_remarks_are_only_text() -> None:
    assert sentence("case.claimed", Actor("user", "u", "100 %(who)s"), {"note": "5 %s"}) == (
        "100 %(who)s took the case: 5 %s"
    )


def test_sentences_follow_the_language_in_force() -> None:
    with translation.override("de"):
        assert str(SENTENCES["case.claimed"]) == translation.gettext("%(who)s took the case")
