"""Certificates for classes of risk: routing and decisions respect them, practice earns them, misses lose them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.actions import SYSTEM
from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import certificates, claims, coaching, curriculum, decisions, practice, specimens, together
from reviewqueue.domain.lessons import KEYS, Answer
from reviewqueue.models import Canary, Case, Catch, Certificate, CoachingRules, Grant, Practice, Specimen
from reviewqueue.queries import dosage
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import coached

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R86")]


@pytest.fixture
def lead() -> User:
    factories.policy()
    return factories.person("supervisor")


def demand(**fields: Any) -> CoachingRules:
    """High risk needs a certificate, which takes two practice cases."""
    row = CoachingRules(**{"certified_risks": ["high"], "pass_answers": 2, "pass_percent": 80} | fields)
    coaching.save(row, actor=SYSTEM, at=factories.now())
    return row


def practised(person: User, made: Specimen, *, right: bool) -> Practice:
    ruling: dict[str, Any] = {
        "call_id": "call_1",
        "type": "reject" if right else "approve",
        "reason_code": "policy",
        "args": [],
    }
    found = curriculum.lesson(made.pk)
    assert found is not None
    given = Answer(ruling["type"], {}, "policy", [ruling])
    return practice.answer(found, person=person, given=given, fields={}, at=factories.now())


def several(lead: User, count: int) -> list[Specimen]:
    """Real cases of high risk to practise on; approving them would be wrong."""
    return [coached.specimen(coached.overridden(factories.person(), factories.agent()), lead) for _each in range(count)]


def held(person: User) -> list[str]:
    return [one.name for one in Certificate.objects.filter(user=person)]


def test_whoever_has_none_neither_takes_nor_decides_such_a_case(lead: User) -> None:
    ana = factories.person()
    case = factories.claimed(ana)
    demand()
    other = factories.case()
    with pytest.raises(Refusal, match=r"need a certificate \(risk-high\)") as refused:
        claims.claim(other, reviewer=ana, at=factories.now())
    assert refused.value.slug == "forbidden"
    approve = {"call_id": "call_1", "type": "approve"}
    with pytest.raises(Refusal, match="need a certificate"):
        decisions.decide(case, reviewer=ana, look=factories.look(case), decisions=[approve], at=factories.now())
    assert claims.claim_next(reviewer=ana, at=factories.now()) is None
    assert lead.pk


def test_practice_earns_it_and_opens_the_way(lead: User) -> None:
    demand()
    ana, (one, two) = factories.person(), several_before(lead)
    practised(ana, one, right=True)
    assert held(ana) == []
    practised(ana, two, right=True)
    assert held(ana) == ["risk-high"]
    factories.case()
    assert claims.claim_next(reviewer=ana, at=factories.now()) is not None
    assert Entry.objects.filter(subject=f"user:{ana.reference}", kind="certificate.earned").count() == 1


def several_before(lead: User, count: int = 2) -> list[Specimen]:
    """The same while a certificate is asked for already: the helpers decide high risk, so it is lifted meanwhile."""
    row = CoachingRules.objects.get()
    asked, row.certified_risks = row.certified_risks, []
    coaching.save(row, actor=SYSTEM, at=factories.now())
    made = several(lead, count)
    row.certified_risks = asked
    coaching.save(row, actor=SYSTEM, at=factories.now())
    return made


def test_half_right_is_not_enough_and_the_first_answer_counts(lead: User) -> None:
    demand()
    ana, (one, two) = factories.person(), several_before(lead)
    practised(ana, one, right=False)
    practised(ana, two, right=True)
    practice.undo(ana, key=one.pk)
    practised(ana, one, right=True)
    assert held(ana) == []
    (told,) = certificates.standing(ana, at=factories.now())
    assert (told.risk, told.valid, told.answered, told.right, told.of) == ("high", False, 2, 1, 2)


def test_misses_take_it_away_and_new_practice_brings_it_back(lead: User) -> None:
    demand(lapse_misses=2)
    ana, (one, two) = factories.person(), several_before(lead)
    for each in (one, two):
        practised(ana, each, right=True)
    for _each in range(2):
        missed(ana, one)
    certificates.settle(ana, at=factories.now())
    (told,) = certificates.standing(ana, at=factories.now())
    assert (told.valid, told.answered) == (False, 0)
    for each in (one, two):
        practice.undo(ana, key=each.pk)
        practised(ana, each, right=True)
    assert certificates.standing(ana, at=factories.now())[0].valid


def missed(person: User, made: Specimen, *, caught: bool = False) -> None:
    """A control case of high risk was let pass."""
    case = factories.case(at=factories.now())
    canary = Canary.objects.create(case=case, specimen=made, planted_at=factories.now())
    at = factories.now() + timedelta(seconds=0)
    Catch.objects.create(canary=canary, user=person, caught=caught, how="approve", at=at)


def test_it_ends_by_itself_and_a_caught_control_case_renews_it(lead: User) -> None:
    demand(valid_days=100)
    ana, (one, two) = factories.person(), several_before(lead)
    for each in (one, two):
        practised(ana, each, right=True)
    now = factories.now()
    later = now.date() + timedelta(days=30)
    Certificate.objects.filter(user=ana).update(until_on=later)
    missed(ana, one, caught=True)
    certificates.settle(ana, at=now)
    assert Certificate.objects.get(user=ana).until_on == now.date() + timedelta(days=100)
    Certificate.objects.filter(user=ana).update(until_on=now.date() - timedelta(days=1))
    with pytest.raises(Refusal, match="need a certificate"):
        claims.claim(factories.case(), reviewer=ana, at=factories.now())


def test_a_real_case_about_an_invented_person_can_be_practised(lead: User) -> None:
    (made,) = several(lead, 1)
    assert made.pk in curriculum.everything()
    found = curriculum.lesson(made.pk)
    assert found is not None
    assert [found.right(Answer(verb, {}, "")) for verb in ("ask", "take-over", "hand-back")] == [True, True, False]
    specimens.retire(made, person=lead, at=factories.now())
    assert curriculum.lesson(made.pk) is None


def test_a_real_case_that_was_right_is_to_be_approved(lead: User) -> None:
    case = coached.overridden(factories.person(), factories.agent(), {"call_id": "call_1", "type": "approve"})
    made, at = specimens.make(case, person=lead, at=factories.now()), factories.now()
    specimens.change(made, person=lead, fields={"lesson": "Nothing was wrong.", "for_practice": True}, at=at)
    found = curriculum.lesson(specimens.approve(made, person=lead, at=at).pk)
    assert found is not None
    right: dict[str, Any] = {"call_id": "call_1", "type": "approve", "reason_code": "", "args": []}
    given = [Answer("decide", {}, "", rulings) for rulings in ([right], [right, right | {"type": "edit"}], [])]
    assert [found.right(each) for each in (*given, Answer("ask", {}, ""))] == [True, False, False, False]


def test_beginning_anew_forgets_the_invented_cases_only(lead: User) -> None:
    (made,) = several(lead, 1)
    ana = factories.person()
    practised(ana, made, right=True)
    practice.again(ana)
    assert [each.lesson for each in Practice.objects.filter(user=ana)] == [made.pk]


def test_beginning_anew_makes_no_first_answer_right(lead: User) -> None:
    demand(certified_risks=["low"], pass_answers=len(KEYS))
    ana = factories.person()

    def answers(*, right: bool) -> list[tuple[bool, bool]]:
        found = [replace(lesson, right=lambda _given: right) for key in KEYS if (lesson := curriculum.lesson(key))]
        given = Answer("approve", {}, "")
        kept = [practice.answer(each, person=ana, given=given, fields={}, at=factories.now()) for each in found]
        return [(each.right, each.first_right) for each in kept]

    assert answers(right=False) == [(False, False)] * len(KEYS)
    practice.again(ana)
    assert not any(each.answered_at for each in practice.progress(ana).values())
    assert answers(right=True) == [(True, False)] * len(KEYS)
    assert held(ana) == []
    assert lead.pk


def test_a_fault_is_found_by_changing_it_and_missed_by_letting_it_pass(lead: User) -> None:
    coached.rules()
    case = coached.overridden(factories.person(), factories.agent())
    lesson = curriculum._of_specimen(coached.specimen(case, lead))  # noqa: SLF001 - as the practice page has it

    def right(verb: str, *kinds: str) -> bool:
        rulings = [{"call_id": "call_1", "type": kind} for kind in kinds]
        return lesson.right(Answer(verb=verb, args={}, reason="", rulings=rulings))

    assert (right("reject", "reject"), right("approve", "approve"), right("approve"), right("ask")) == (
        True,
        False,
        False,
        True,
    )


def certified(person: User, risk: str = "high", *, days: int = 10) -> None:
    """As an administrator enters one by hand."""
    until = factories.now().date() + timedelta(days=days)
    Certificate.objects.update_or_create(user=person, name=f"risk-{risk}", defaults={"until_on": until})


def refused(case: Case, person: User) -> str:
    """What a decision of this person about a case in their hands is refused with."""
    approve = {"call_id": "call_1", "type": "approve"}
    with pytest.raises(Refusal) as answer:
        decisions.decide(case, reviewer=person, look=factories.look(case), decisions=[approve], at=factories.now())
    assert (answer.value.slug, Grant.objects.filter(case=case).exists()) == ("forbidden", False)
    return answer.value.says


def in_hand(person: User) -> Case:
    """A case of high risk that somebody certified has taken."""
    certified(person)
    return claims.claim(factories.case(), reviewer=person, at=factories.now())


@pytest.mark.usefixtures("lead")
def test_one_that_ends_between_taking_and_deciding_is_missing_when_it_counts() -> None:
    demand()
    ana = factories.person()
    case = in_hand(ana)
    certified(ana, days=-1)
    assert "need a certificate (risk-high)" in refused(case, ana)


@pytest.mark.usefixtures("lead")
def test_one_that_is_taken_away_is_missing_at_once_and_one_entered_anew_is_back() -> None:
    demand()
    ana = factories.person()
    case = in_hand(ana)
    Certificate.objects.all().delete()
    assert "need a certificate" in refused(case, ana)
    certified(ana)
    factories.decide(case, ana)
    assert Grant.objects.filter(case=case).exists()


@pytest.mark.usefixtures("lead")
def test_a_class_of_risk_that_needs_one_from_now_on_needs_it_for_what_is_in_hand() -> None:
    ana = factories.person()
    case = factories.claimed(ana)
    demand()
    assert "need a certificate" in refused(case, ana)


@pytest.mark.usefixtures("lead")
def test_a_role_that_is_taken_away_ends_what_a_certificate_allowed() -> None:
    demand()
    ana = factories.person()
    case = in_hand(ana)
    User.objects.filter(pk=ana.pk).update(role="auditor")
    assert "does not decide" in refused(case, User.objects.get(pk=ana.pk))


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize("other", ["low", "medium", "critical"])
def test_a_certificate_for_another_class_of_risk_opens_nothing(other: str) -> None:
    demand()
    ana = factories.person()
    certified(ana, other)
    with pytest.raises(Refusal, match="risk-high"):
        claims.claim(factories.case(), reviewer=ana, at=factories.now())
    assert claims.claim_next(reviewer=ana, at=factories.now()) is None


@pytest.mark.usefixtures("lead")
def test_of_two_people_the_second_needs_one_too() -> None:
    demand()
    ana, ben = factories.person(), factories.person()
    case = in_hand(ana)
    Case.objects.filter(pk=case.pk).update(eyes=2)
    case.refresh_from_db()
    factories.decide(case, ana)
    with pytest.raises(Refusal, match="need a certificate"):
        claims.claim(Case.objects.get(pk=case.pk), reviewer=ben, at=factories.now())
    certified(ben)
    taken = claims.claim(Case.objects.get(pk=case.pk), reviewer=ben, at=factories.now())
    certified(ben, days=-1)
    assert "need a certificate" in refused(taken, ben)


@pytest.mark.usefixtures("lead")
def test_what_is_passed_on_or_decided_together_needs_one_like_everything_else() -> None:
    demand(certified_risks=["low", "high"])
    ana, ben = factories.person(), factories.person()
    case = in_hand(ana)
    claims.reassign(case, reviewer=ana, to_user=ben, at=factories.now())
    with pytest.raises(Refusal, match="need a certificate"):
        claims.claim(Case.objects.get(pk=case.pk), reviewer=ben, at=factories.now())
    voucher = factories.action(name="send_voucher", reversible=True, value={"amount": "5.00", "currency": "EUR"})
    factories.policy(risk_levels=[{"match": {"action": ["send_voucher"]}, "level": "low"}])
    agent = factories.agent()
    alike = [factories.case(by=agent, actions=[voucher]) for _each in range(2)]
    assert {one.risk for one in alike} == {"low"}
    with pytest.raises(Refusal, match="risk-low"):
        together.prepare(ben, case_ids=[one.pk for one in alike], at=factories.now())


def test_missed_control_cases_take_it_away_while_a_case_is_in_hand(lead: User) -> None:
    demand(lapse_misses=1)
    ana, (one, _two) = factories.person(), several_before(lead)
    case = in_hand(ana)
    missed(ana, one)
    certificates.settle(ana, at=factories.now())
    assert "need a certificate" in refused(case, ana)


def test_a_control_case_of_another_class_neither_renews_nor_takes_away(lead: User) -> None:
    demand(lapse_misses=1, valid_days=100)
    ana, (one, _two) = factories.person(), several_before(lead)
    certified(ana, days=30)
    for caught in (True, False):
        missed(ana, one, caught=caught)
    Case.objects.filter(canary__isnull=False).update(risk="low")
    certificates.settle(ana, at=factories.now())
    assert Certificate.objects.get(user=ana).until_on == factories.now().date() + timedelta(days=30)


def test_what_somebody_knew_neither_renews_nor_takes_away(lead: User) -> None:
    demand(lapse_misses=1, valid_days=100)
    ana, (one, _two) = factories.person(), several_before(lead)
    certified(ana, days=30)
    for caught in (True, False):
        missed(ana, one, caught=caught)
    Catch.objects.update(counts=False)
    certificates.settle(ana, at=factories.now())
    assert Certificate.objects.get(user=ana).until_on == factories.now().date() + timedelta(days=30)


def test_whoever_opens_a_practice_case_knows_it_and_may_ask_about_one_that_is_wrong(lead: User) -> None:
    made = coached.specimen(coached.overridden(factories.person(), factories.agent()), lead)
    lesson, ana = curriculum.lesson(made.pk), factories.person()
    assert lesson is not None
    assert not dosage.knows(made, ana.pk)
    for _twice in range(2):
        practice.opened(lesson, person=ana)
    assert (dosage.knows(made, ana.pk), Practice.objects.filter(user=ana).count()) == (True, 1)
    assert [lesson.right(Answer(verb, {}, "")) for verb in ("ask", "take-over", "approve")] == [True, True, False]
