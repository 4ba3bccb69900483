"""Who gets which case: by skill, language, queue and room."""

from typing import Any

import pytest

from reviewqueue.domain import claims
from reviewqueue.models import Case
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
SKILLED = {"name": "b", "category": "scope", "when": {"fact": "intent", "is": "refund"}, "outcome": "review"}


def next_for(person: Any, **chosen: Any) -> Case | None:
    return claims.claim_next(reviewer=person, at=factories.now(), **chosen)


@pytest.mark.covers("R67", "R80")
@pytest.mark.parametrize(
    ("languages", "language", "gets"),
    [
        ([], "de", True),
        (["de"], "de", True),
        (["de"], "de-AT", True),
        (["de"], "DE_at", True),
        (["de-CH"], "de", True),
        (["de", "fr"], "fr", True),
        (["de"], None, True),
        (["fr"], "de", False),
        (["d"], "de", False),
    ],
)
def test_next_gives_cases_in_the_languages_of_the_person(languages: list[str], language: str, gets: bool) -> None:  # noqa: FBT001 - a parameter
    person, _speaker = factories.person(languages=languages), factories.person(languages=["de"])
    case = factories.case(**({"language": language} if language else {}))
    assert next_for(person) == (case if gets else None)


def test_a_case_in_a_language_that_nobody_speaks_is_given_to_anybody() -> None:
    case = factories.case(language="is")
    person, other = factories.person(languages=["de"]), factories.person(languages=["en"])
    assert (next_for(person), next_for(other)) == (case, None)


@pytest.mark.parametrize(
    "speaker",
    [
        {"role": "auditor"},
        {"is_active": False},
        {"queues": ["legal"]},
        {"skills": []},
    ],
)
def test_only_somebody_who_could_decide_it_counts_as_speaking(speaker: dict[str, Any]) -> None:
    factories.policy(triggers=[SKILLED | {"skills": ["billing"]}])
    factories.person(**({"skills": ["billing"], "languages": ["is"]} | speaker))
    case = factories.case(language="is")
    assert next_for(factories.person(languages=["de"], skills=["billing"])) == case


def test_what_two_people_know_together_is_known_by_neither() -> None:
    factories.policy(triggers=[SKILLED | {"skills": ["billing", "legal"]}])
    biller, _lawyer = factories.person(skills=["billing"]), factories.person(skills=["legal"])
    case = factories.case()
    assert next_for(biller) == case


def test_the_owner_of_the_agent_is_nobody_to_wait_for() -> None:
    owner = factories.person(languages=["is"])
    case = factories.case(by=factories.agent(owner=owner), language="is")
    assert next_for(factories.person(languages=["de"])) == case


def test_a_case_of_ones_own_language_comes_before_one_that_nobody_speaks() -> None:
    factories.case(language="is", expires_in=600)
    mine = factories.case(language="de")
    assert next_for(factories.person(languages=["de"])) == mine


@pytest.mark.covers("R74", "R120")
def test_nobody_holds_more_cases_at_once_than_they_may() -> None:
    person = factories.person(capacity=2)
    held = [factories.claimed(person) for _each in range(2)]
    third = factories.case()
    says = "You hold 2 cases; that is as many as you may at once. Finish or hand back one first."
    for claim in (
        lambda: claims.claim(third, reviewer=person, at=factories.now()),
        lambda: next_for(person),
    ):
        with pytest.raises(Refusal) as refused:
            claim()
        assert (refused.value.slug, refused.value.says) == ("at-capacity", says)
    claims.release(held[0], reviewer=person, token=None, at=factories.now())
    assert next_for(person) is not None


def test_a_case_of_ones_own_takes_no_more_room_and_a_lapsed_one_none() -> None:
    person, at = factories.person(capacity=1), factories.now()
    case = factories.claimed(person, at=at)
    assert claims.claim(case, reviewer=person, at=at).claimed_by_id == person.pk
    other, later = factories.case(at=at), at + factories.later(300)
    assert claims.claim(other, reviewer=person, at=later) == other


def test_whoever_has_no_capacity_of_their_own_has_the_desks(settings: Any) -> None:
    settings.CLAIMS_AT_ONCE = 1
    person = factories.person()
    factories.claimed(person)
    with pytest.raises(Refusal) as refused:
        claims.claim(factories.case(), reviewer=person, at=factories.now())
    assert refused.value.extra == {"held": 1, "capacity": 1}


def test_somebody_on_leave_may_have_no_room_at_all() -> None:
    person = factories.person(capacity=0)
    factories.case()
    with pytest.raises(Refusal) as refused:
        next_for(person)
    assert refused.value.slug == "at-capacity"
