"""A ledger whose links are all intact can still tell a story that must not have happened."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit import ledger
from audit.actions import SYSTEM, Actor
from audit.verify import verify
from tests.audit import stories
from tests.audit.stories import ANA, BEN, NOON, OTHER, POLICY, SHOP, CaseStory

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R47", "R83", "R84"), pytest.mark.django_db]


def in_seconds(story: CaseStory, seconds: float) -> str:
    return (story.at + timedelta(seconds=seconds)).isoformat()


def told() -> CaseStory:
    """A case that a person has approved; the undo window is closed when the next event comes but one."""
    story = CaseStory().queued().decided()
    story.tell("case.took_effect")
    return story


def what() -> tuple[str, int | None] | None:
    fault = verify().fault
    return (fault.what, fault.seq) if fault else None


@pytest.mark.parametrize("tell", [stories.approved, stories.four_eyes, stories.released, stories.rejected])
def test_a_case_that_went_by_the_rules_holds(tell: Callable[[], CaseStory]) -> None:
    tell()
    assert verify().holds


def test_an_edited_action_runs_as_it_was_edited() -> None:
    story = CaseStory().queued()
    story.decided(ruling=story.ruling("edit", digest=OTHER)).tell("case.took_effect")
    story.issued(digest=OTHER).redeemed(digest=OTHER).finished()
    assert verify().holds


def test_a_case_that_was_decided_again_after_an_undo_holds() -> None:
    story = CaseStory().queued().decided()
    story.tell("case.undone", ANA, decisions=[story.decision])
    story.decided(ruling=story.ruling(id="dec_2")).tell("case.took_effect")
    story.issued(decision="dec_2").redeemed().finished()
    assert verify().holds


def test_a_renewed_grant_may_be_used_until_its_new_expiry() -> None:
    story = told().issued()
    story.tell("grant.renewed", SHOP, grant=story.grant, expires_at=in_seconds(story, 3600))
    story.redeemed(at=in_seconds(story, 3589))
    assert verify().holds


def test_one_action_can_be_released_by_policy_while_another_waits_for_a_person() -> None:
    story = CaseStory()
    story.queued(decisions=[story.ruling(id="dec_policy", call_id="call_2")])
    story.issued(grant="grant_2", decision="dec_policy", call_id="call_2").redeemed(grant="grant_2")
    story.decided().tell("case.took_effect")
    story.issued().redeemed().finished()
    assert verify().holds


def test_an_execution_without_any_grant_is_found() -> None:
    told().redeemed()
    assert what() == ("grant-unknown", 4)


def test_an_execution_with_the_grant_of_another_case_is_found() -> None:
    stories.approved("case_1")
    story = CaseStory("case_2").queued().decided()
    story.redeemed(grant="grant_of_case_1")
    assert what() == ("grant-unknown", 3)


def test_an_execution_of_something_else_than_was_approved_is_found() -> None:
    told().issued().redeemed(digest=OTHER)
    assert what() == ("grant-digest", 5)


def test_a_second_execution_with_one_grant_is_found() -> None:
    told().issued().redeemed().redeemed()
    assert what() == ("grant-redeemed-twice", 6)


@pytest.mark.parametrize(("seconds", "expected"), [(899.999999, None), (900, "grant-expired"), (901, "grant-expired")])
def test_an_execution_at_or_after_the_expiry_is_found(seconds: float, expected: str | None) -> None:
    story = told()
    expires_at, at = in_seconds(story, 900), in_seconds(story, seconds)
    story.issued(expires_at=expires_at).redeemed(at=at)
    assert what() == ((expected, 5) if expected else None)


def test_an_execution_that_says_no_time_counts_from_its_entry() -> None:
    story = told()
    story.issued(expires_at=in_seconds(story, 15)).redeemed(at=None)
    assert what() == ("grant-expired", 5)


def test_an_execution_with_a_voided_grant_is_found() -> None:
    story = told().issued()
    story.tell("grant.voided", SYSTEM, grant=story.grant, why="withdrawn")
    story.redeemed()
    assert what() == ("grant-void", 6)


@pytest.mark.parametrize("end", ["grant.voided", "grant.redeemed"])
def test_a_grant_that_was_renewed_after_its_end_is_found(end: str) -> None:
    story = told().issued()
    story.tell(end, SHOP, grant=story.grant, digest=stories.APPROVED, why="withdrawn")
    story.tell("grant.renewed", SHOP, grant=story.grant, expires_at=in_seconds(story, 900))
    assert what() == ("grant-renewed", 6)


def test_a_grant_that_was_renewed_to_no_time_is_found() -> None:
    story = told().issued()
    story.tell("grant.renewed", SHOP, grant=story.grant, expires_at="soon")
    assert what() == ("grant-renewed", 5)


@pytest.mark.parametrize("kind", ["grant.renewed", "grant.voided", "grant.outcome"])
def test_an_event_of_a_grant_that_was_never_issued_is_found(kind: str) -> None:
    story = told()
    story.tell(kind, SHOP, grant="grant_forged", expires_at=in_seconds(story, 900))
    assert what() == ("grant-unknown", 4)


def test_an_outcome_of_something_that_never_ran_is_found() -> None:
    story = told().issued()
    story.tell("grant.outcome", SHOP, grant=story.grant, status="succeeded")
    assert what() == ("outcome-without-redemption", 5)


def test_a_grant_that_follows_no_decision_is_found() -> None:
    CaseStory().queued().issued()
    assert what() == ("grant-without-decision", 2)


@pytest.mark.parametrize("type_", ["reject", "respond"])
def test_a_grant_for_what_was_refused_is_found(type_: str) -> None:
    story = CaseStory().queued()
    story.decided(ruling=story.ruling(type_)).tell("case.took_effect")
    story.issued()
    assert what() == ("grant-without-decision", 4)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"call_id": "call_2"}, "grant-without-decision"),
        ({"decision": "dec_other"}, "grant-without-decision"),
        ({"decision": None}, "grant-without-decision"),
        ({"decision": ["dec_of_case_1"]}, "grant-without-decision"),
        ({"digest": OTHER}, "grant-digest"),
        ({"expires_at": None}, "grant-expiry"),
        ({"expires_at": "2026-11-20T12:00:00"}, "grant-expiry"),
    ],
)
def test_a_grant_that_differs_from_its_decision_is_found(changes: dict[str, object], expected: str) -> None:
    told().issued(**changes)
    assert what() == (expected, 4)


def test_a_grant_that_was_issued_twice_is_found() -> None:
    told().issued().issued()
    assert what() == ("grant-twice", 5)


@pytest.mark.parametrize("said", [{"decisions": ["dec_of_case_1"]}, {}, {"decisions": "all"}])
def test_a_grant_for_a_decision_that_was_taken_back_is_found(said: dict[str, object]) -> None:
    story = CaseStory().queued().decided()
    story.tell("case.undone", ANA, **said)
    story.issued()
    assert what() == ("grant-without-decision", 4)


def test_a_grant_issued_while_the_decision_could_be_undone_is_found() -> None:
    story = CaseStory().queued()
    story.decided(effective_at=in_seconds(story, 20.000001)).issued()
    assert what() == ("grant-early", 3)


@pytest.mark.parametrize("actor", [SYSTEM, SHOP, POLICY])
@pytest.mark.covers("R77")
def test_a_decision_that_no_person_made_is_found(actor: Actor) -> None:
    CaseStory().queued().decided(actor)
    assert what() == ("decided-by", 2)


def first_look(*rulings: dict[str, object]) -> CaseStory:
    """Ana has said what she would do; somebody else must agree."""
    story = CaseStory().queued()
    story.tell("case.second_look", ANA, decisions=list(rulings) or [story.ruling()])
    return story


@pytest.mark.parametrize("first_by", [ANA.id, None, "", 17])
def test_four_eyes_of_one_person_are_found(first_by: str | None) -> None:
    first_look().decided(ANA, eyes=2, first_by=first_by)
    assert what() == ("four-eyes", 3)


def test_a_second_pair_of_eyes_whose_first_never_looked_is_found() -> None:
    CaseStory().queued().decided(BEN, eyes=2, first_by=ANA.id)
    assert what() == ("four-eyes", 2)


def test_two_people_who_approved_different_things_are_found() -> None:
    story = first_look()
    story.decided(BEN, story.ruling("edit", digest=OTHER), eyes=2, first_by=ANA.id)
    assert what() == ("four-eyes", 3)


def test_a_first_look_that_refused_is_no_approval() -> None:
    story = CaseStory()
    first_look(story.ruling("reject")).decided(BEN, eyes=2, first_by=ANA.id)
    assert what() == ("four-eyes", 3)


def test_the_latest_first_look_of_a_person_counts() -> None:
    story = first_look()
    story.tell("case.second_look", ANA, decisions=[story.ruling(digest=OTHER)])
    story.decided(BEN, eyes=2, first_by=ANA.id)
    assert what() == ("four-eyes", 4)


def test_one_person_is_enough_to_refuse_what_needs_two_to_approve() -> None:
    story = CaseStory().queued()
    story.decided(BEN, story.ruling("reject"), eyes=2).tell("case.closed")
    assert verify().holds


def test_a_first_look_that_was_erased_is_not_held_against_the_second() -> None:
    story = first_look()
    stories.erase(ledger.timeline(story.subject)[1])
    story.decided(BEN, eyes=2, first_by=ANA.id)
    assert verify().holds


ENDS = ["case.expired", "case.withdrawn", "case.superseded", "case.taken_over", "case.closed"]


@pytest.mark.parametrize("end", ENDS)
def test_a_grant_issued_after_the_end_of_its_case_is_found(end: str) -> None:
    story = told()
    story.tell(end)
    story.issued()
    assert what() == ("after-end", 5)


@pytest.mark.parametrize("end", ENDS)
def test_an_execution_after_the_end_of_its_case_is_found(end: str) -> None:
    story = told().issued()
    story.tell(end)
    story.redeemed()
    assert what() == ("after-end", 6)


def test_what_ran_before_the_end_of_its_case_may_report_its_outcome_later() -> None:
    story = told().issued().redeemed()
    story.tell("case.superseded", SHOP)
    story.tell("grant.outcome", SHOP, grant=story.grant, status="succeeded")
    assert verify().holds


@pytest.mark.parametrize("decisions", [None, "none", [None, "approve", 3], [{}]])
def test_a_decision_that_says_nothing_allows_nothing(decisions: object) -> None:
    CaseStory().queued().decided(decisions=decisions).issued()
    assert what() == ("grant-without-decision", 3)


def test_only_the_stories_of_cases_are_judged() -> None:
    ledger.append(subject="user:u_17", kind="grant.redeemed", actor=ANA, at=NOON, body={"grant": "grant_1"})
    assert verify().holds


def test_what_an_erased_entry_said_is_not_held_against_the_case() -> None:
    story = told().issued()
    stories.erase(ledger.timeline(story.subject)[3])
    story.redeemed().finished()
    assert verify().holds


def test_a_renewal_is_not_held_against_a_grant_whose_issue_was_erased() -> None:
    story = told().issued()
    stories.erase(ledger.timeline(story.subject)[3])
    story.tell("grant.renewed", SHOP, grant=story.grant, expires_at=in_seconds(story, 900))
    assert verify().holds


def test_what_was_erased_is_no_licence_for_what_is_still_known() -> None:
    story = told()
    stories.erase(ledger.timeline(story.subject)[2])
    story.issued().redeemed().redeemed()
    assert what() == ("grant-redeemed-twice", 6)
