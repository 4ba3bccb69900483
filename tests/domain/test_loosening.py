"""Whoever loosens scrutiny needs a second person, and decides nothing under it for a day."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from audit.ledger import timeline
from hitl.accounts.models import User
from reviewqueue import rules
from reviewqueue.domain import claims, policies, policy_drafts
from reviewqueue.domain.people import by
from reviewqueue.engine.policy import PolicyError
from reviewqueue.models import Case, PolicyVersion
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R91")]
DAY = timedelta(hours=24)
STRICT = {"name": "refunds", "match": {"action": ["*refund*"]}, "outcome": "review", "eyes": 1}


@pytest.fixture
def ada() -> User:
    factories.policy(triggers=[STRICT], undo_seconds=60)
    return factories.person("admin")


def drafted(author: User, **changes: Any) -> Any:
    document = PolicyVersion.objects.latest("number").document | changes
    return policy_drafts.begin(document, origin="a test", author=author, at=factories.now())


def published(draft: Any, publisher: User) -> PolicyVersion:
    return policy_drafts.publish(draft, publisher=publisher, revision=draft.revision, reason="why", at=factories.now())


def loosen(person: User, *, at: Any = None, **changes: Any) -> PolicyVersion:
    """As on the command line, by one person alone."""
    document = PolicyVersion.objects.latest("number").document | (changes or {"triggers": []})
    moment = at or factories.now()
    return policies.publish(document, author=person, actor=by(person), reason="why", at=moment)


def refused(verb: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        verb()
    return refusal.value.says


def test_what_loosens_needs_somebody_who_did_not_work_on_it(ada: User) -> None:
    draft = drafted(ada, triggers=[])
    says = "This draft loosens scrutiny: somebody who did not work on it must publish it."
    assert refused(lambda: published(draft, ada)) == says
    bea = factories.person("admin")
    version = published(draft, bea)
    assert (version.author, version.approved_by, version.loosens) == (ada, bea, True)


def test_an_edit_makes_the_second_person_one_of_the_first(ada: User) -> None:
    draft, bea = drafted(ada, triggers=[]), factories.person("admin")
    document = draft.document | {"undo_seconds": 90}
    policy_drafts.edit(draft, document, editor=bea, revision=1, at=factories.now())
    assert "somebody who did not work on it" in refused(lambda: published(draft, bea))


def test_what_is_stricter_or_equal_needs_nobody_else(ada: User) -> None:
    version = published(drafted(ada, undo_seconds=90), ada)
    assert (version.approved_by, version.loosens, User.objects.get(pk=ada.pk).loosened_at) == (None, False, None)


def test_the_operator_can_do_without_a_second_person(ada: User, settings: Settings) -> None:
    settings.POLICY_SECOND_PERSON = "off"
    assert published(drafted(ada, triggers=[]), ada).loosens


def test_what_a_version_changes_is_on_record_in_sentences(ada: User) -> None:
    loosen(ada, undo_seconds=30)
    data = timeline("policy")[-1].data
    assert (data["loosens"], data["changes"]) == (
        True,
        ["A decision can be taken back for 30 s instead of 60 s (looser)"],
    )


@pytest.mark.parametrize("verb", ["claim", "decide"])
def test_nobody_decides_under_what_they_loosened_that_day(ada: User, verb: str) -> None:
    judge = factories.person()
    loosen(judge)
    case = factories.case(actions=[factories.action(kind="handoff")])
    says = "You loosened the policy with version 2 within the last 24 hours; somebody else must decide."
    assert rules.why_not(judge, verb, Case.objects.get(pk=case.pk)) == says
    other = factories.person()
    assert refused(lambda: claims.claim(case, reviewer=judge, at=factories.now())) == says
    assert claims.claim(case, reviewer=other, at=factories.now()).claimed_by_id == other.pk
    assert ada.loosened_at is None


def test_a_case_that_came_in_before_keeps_its_rules_and_its_deciders(ada: User) -> None:
    case, judge = factories.case(), factories.person()
    loosen(judge)
    claims.claim(case, reviewer=judge, at=factories.now())
    factories.decide(case, judge)
    assert (case.policy_id, case.eyes, ada.pk == judge.pk) == (1, 1, False)


def test_a_claim_from_before_does_not_help_with_a_case_of_a_later_version(ada: User) -> None:
    judge = factories.person()
    loosen(ada)
    case = factories.claimed(judge)
    loosen(judge, undo_seconds=5)
    assert case.policy_id == 2
    factories.decide(case, judge)  # version 3 is what they loosened, and this case is of version 2
    assert (case.policy_id, User.objects.get(pk=judge.pk).loosened_version) == (2, 3)


def test_a_later_version_of_somebody_else_still_carries_what_was_loosened(ada: User) -> None:
    judge = factories.person()
    loosen(judge)
    published(drafted(ada, undo_seconds=90), ada)
    case = factories.case()
    assert case.policy_id == 3
    assert "version 2" in refused(lambda: claims.claim(case, reviewer=judge, at=factories.now()))


def test_a_second_loosening_does_not_free_the_cases_of_the_first(ada: User) -> None:
    judge = factories.person()
    loosen(judge)
    case = factories.case()
    loosen(judge, undo_seconds=5)
    assert (case.policy_id, ada.loosened_at) == (2, None)
    assert "version 2" in refused(lambda: claims.claim(case, reviewer=judge, at=factories.now()))


def test_after_a_day_they_decide_again(ada: User) -> None:
    judge = factories.person()
    loosen(judge, at=factories.now() - DAY - timedelta(seconds=5))
    case = factories.case()
    assert claims.claim(case, reviewer=judge, at=factories.now()).claimed_by_id == judge.pk
    assert ada.loosened_at is None


def test_the_next_best_case_is_never_one_of_those(ada: User) -> None:
    judge, before = factories.person(), factories.case()
    loosen(judge)
    after = factories.case(expires_in=200_000)
    first = claims.claim_next(reviewer=judge, at=factories.now())
    second = claims.claim_next(reviewer=judge, at=factories.now())
    assert (first and first.pk, second) == (before.pk, None)
    later = claims.claim_next(reviewer=judge, at=factories.now() + DAY + timedelta(seconds=5))
    assert (later and later.pk == after.pk, ada.loosened_at) == (True, None)


def test_everybody_who_had_a_hand_in_it_waits(ada: User) -> None:
    bea, cleo = factories.person("admin"), factories.person("admin")
    draft = drafted(ada, triggers=[])
    policy_drafts.edit(draft, draft.document | {"name": "Looser"}, editor=bea, revision=1, at=factories.now())
    published(draft, cleo)
    waiting = set(User.objects.exclude(loosened_at=None).values_list("pk", flat=True))
    assert waiting == {ada.pk, bea.pk, cleo.pk}


@pytest.mark.covers("R91")
def test_of_two_hundred_ways_to_decide_for_oneself_none_is_open() -> None:
    """A9 and A15: the agent's owner, whoever loosened the rule within a day, and the first of two people."""
    factories.policy(triggers=[STRICT])
    for number in (2, 3):
        factories.policy(undo_seconds=number)
    agents = {owned: factories.agent() for owned in (True, False)}
    tried = 0
    for role, owned, first, version, hours, under, verb in itertools.product(
        ("reviewer", "supervisor"), (True, False), (True, False), (None, 2), (1, 23, 25), (1, 2, 3), ("claim", "decide")
    ):
        at = factories.now() - timedelta(hours=hours) if version else None
        person = factories.person(role, loosened_version=version, loosened_at=at)
        agents[owned].owner = person if owned else None
        held = {"state": "claimed", "claimed_by": person} if verb == "decide" else {"state": "queued"}
        case = Case(agent=agents[owned], policy_id=under, eyes=2, first_by=person if first else None, **held)
        case.queue_id = "routine"
        barred = owned or first or (version is not None and hours < 24 and under >= version)
        assert (rules.why_not(person, verb, case) is not None) == barred
        tried += 1
    assert tried >= 200


def test_where_no_rule_is_left_a_person_decides() -> None:
    factories.policy(oversight=[], triggers=[], risk_levels=[], scopes=[])
    assert factories.case(actions=[factories.reply()]).oversight == "in_the_loop"


def test_a_switched_off_rule_of_a_case_that_came_in_before_stays_on_it() -> None:
    factories.policy(triggers=[STRICT | {"eyes": 2}])
    before = factories.case()
    factories.policy(triggers=[STRICT | {"eyes": 2, "enabled": False}])
    after = factories.case()
    assert (Case.objects.get(pk=before.pk).eyes, after.eyes) == (2, 1)


@pytest.mark.parametrize("twice", ["triggers", "agents"])
def test_no_name_stands_for_two_things(twice: str) -> None:
    if twice == "triggers":
        with pytest.raises(PolicyError, match="another trigger is called refunds already"):
            factories.policy(triggers=[STRICT, STRICT | {"enabled": False}])
    else:
        factories.agent(name="twin")
        with pytest.raises(IntegrityError), transaction.atomic():
            factories.agent(name="twin")
