"""Earlier cases like this one are found by what they have in common, and nothing else leaks."""

from typing import Any

import pytest

from reviewqueue.models import Case
from reviewqueue.queries import likeness
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
REPLY = [{"call_id": "call_1", "kind": "tool_call", "name": "cancel_contract", "args": {}, "reversible": True}]


def about(issue: str, **fields: Any) -> Case:
    """A case with this issue that waits."""
    return factories.case(briefing={"issue": issue}, **fields)


def decided(issue: str, *rulings: dict[str, Any], **fields: Any) -> Case:
    """A case with this issue that somebody decided."""
    ana = factories.person()
    made = factories.claimed(ana, briefing={"issue": issue}, **fields)
    factories.decide(made, ana, *rulings)
    return made


def found(case: Case, viewer: Any = None) -> list[str]:
    return [other.issue for other in likeness.of(case, viewer or factories.person()).found]


@pytest.mark.covers("R59")
def test_rare_words_count_more_than_common_ones() -> None:
    for n in range(4):
        decided(f"Order number {n} late", intent="lateness", actions=REPLY)
    decided("Zeppelin order broken", intent="damage")
    assert found(about("Zeppelin order late", intent="damage"))[0] == "Zeppelin order broken"


def test_only_cases_that_came_before_and_were_decided_by_people() -> None:
    decided("Zeppelin arrived late")
    about("Zeppelin still waiting")
    case = about("Zeppelin not here")
    decided("Zeppelin decided afterwards")
    assert found(case) == ["Zeppelin arrived late"]


def test_only_what_the_viewer_may_see() -> None:
    decided("Zeppelin arrived late")
    case = about("Zeppelin not here")
    assert found(case, factories.person(queues=["elsewhere"])) == []


def test_without_a_word_in_common_the_same_intent_and_action_is_alike() -> None:
    decided("Alpha", intent="refund")
    decided("Beta", intent="other", actions=REPLY)
    assert found(about("Gamma", intent="refund")) == ["Alpha"]


def test_it_is_told_how_many_were_approved_as_proposed() -> None:
    reject = {"call_id": "call_1", "type": "reject", "reason_code": "policy", "message": "no"}
    for n in range(7):
        decided(f"Zeppelin {n} late")
    decided("Zeppelin 9 late", reject)
    told = likeness.of(about("Zeppelin late"), factories.person())
    assert (told.approved, len(told.found), len(told.shown)) == (7, 8, 5)


@pytest.mark.parametrize("issue", ['" OR 1', "' | x:*", "NEAR(a b)", "\u202e\x00", "Привет 你好", "a" * 300, "*"])
def test_no_issue_breaks_the_search(issue: str) -> None:
    decided(issue.replace("\x00", ""))
    assert len(found(about(issue.replace("\x00", "")))) == 1
