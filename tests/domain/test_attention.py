"""Help for people who approve faster than anybody can read; and second looks that nobody knows of."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from audit.actions import SYSTEM
from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import attention, claims, coaching, decisions, habits, looking
from reviewqueue.domain.decisions import Look
from reviewqueue.models import Case, CoachingRules, SecondLook
from reviewqueue.queries import attention as known
from reviewqueue.queries import sightings
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
SMALL: dict[str, Any] = {"actions": [factories.action(reversible=True, value={"amount": "5.00", "currency": "EUR"})]}


@pytest.fixture(autouse=True)
def _policy() -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "low"}])


def rules(**fields: Any) -> CoachingRules:
    """Help after three quick approvals."""
    return CoachingRules.objects.create(**{"quick_in_a_row": 3, "second_share": 0} | fields)


def decided(person: User, *, held: int, kind: str = "approve", at: Any = None) -> Case:
    """A case on a page that takes a minute to read."""
    moment = at or factories.now()
    case = factories.claimed(person, at=moment, **SMALL)
    look = factories.look(case)
    timings = {"held_seconds": held, "reading_seconds": 60}
    seen = Look(look.claim_token, look.version, look.seen_digest, timings=timings, on_page=True)
    ruling = {"call_id": "call_1", "type": kind} | ({"reason_code": "policy"} if kind != "approve" else {})
    decisions.decide(case, reviewer=person, look=seen, decisions=[ruling], at=moment)
    case.refresh_from_db()
    return case


def test_quick_approvals_in_a_row_are_counted_until_one_that_is_not() -> None:
    rules()
    ana, at = factories.person(), factories.now()
    counted = []
    for held, kind in ((5, "approve"), (5, "approve"), (50, "approve"), (5, "approve"), (5, "reject"), (5, "approve")):
        decided(ana, held=held, kind=kind)
        counted.append(attention.in_a_row(ana, at=at))
    assert counted == [1, 2, 0, 1, 0, 1]
    assert attention.in_a_row(ana, at=at + timedelta(hours=2)) == 0


def test_after_them_one_says_first_what_one_would_do() -> None:
    rules()
    ana = factories.person()
    for _each in range(3):
        assert not attention.asks_for_view(ana, at=factories.now())
        decided(ana, held=5)
    assert attention.asks_for_view(ana, at=factories.now())
    decided(ana, held=50)
    assert not attention.asks_for_view(ana, at=factories.now())


def test_a_further_quick_approval_is_the_first_of_two_where_the_desk_wants_it() -> None:
    rules(help_second=True)
    ana, ben = factories.person(), factories.person()
    for _each in range(3):
        assert decided(ana, held=5).state != "second_look"
    case = decided(ana, held=5)
    assert (case.state, case.eyes, case.grants.count()) == ("second_look", 2, 0)
    with pytest.raises(Refusal, match="first of two"):
        claims.claim(case, reviewer=ana, at=factories.now())
    held = claims.claim(case, reviewer=ben, at=factories.now())
    approve = {"call_id": "call_1", "type": "approve"}
    decisions.decide(held, reviewer=ben, look=factories.look(held), decisions=[approve], at=factories.now())
    assert case.grants.count() == 1


def test_a_rest_where_the_desk_wants_it_and_what_one_holds_can_be_finished() -> None:
    rules(help_minutes=2)
    ana, at = factories.person(), factories.now()
    for _each in range(3):
        decided(ana, held=5, at=at)
    factories.case(**SMALL)
    with pytest.raises(Refusal, match="Take 2 minutes"):
        claims.claim_next(reviewer=ana, at=at)
    assert claims.claim_next(reviewer=ana, at=at + timedelta(minutes=3)) is not None


def test_a_rest_is_not_got_around_by_picking_a_case_by_hand() -> None:
    rules(help_minutes=2)
    ana, at = factories.person(), factories.now()
    held = factories.claimed(ana, **SMALL)
    for _each in range(3):
        decided(ana, held=5, at=at)
    with pytest.raises(Refusal, match="Take 2 minutes"):
        claims.claim(factories.case(**SMALL), reviewer=ana, at=at)
    assert claims.claim(held, reviewer=ana, at=at).pk == held.pk
    assert factories.decide(held, ana).effective_at is not None
    assert claims.claim(factories.case(**SMALL), reviewer=ana, at=at + timedelta(minutes=3)).state == "claimed"


def test_a_change_that_changes_nothing_ends_no_row() -> None:
    rules()
    ana, at = factories.person(), factories.now()
    for _each in range(2):
        decided(ana, held=5, at=at)
    for amount, counted in (("350.00", 3), ("5.00", 0)):
        case = factories.claimed(ana, at=at, **SMALL)
        seen = factories.look(case)
        look = Look(
            seen.claim_token,
            seen.version,
            seen.seen_digest,
            timings={"held_seconds": 5, "reading_seconds": 60},
            on_page=True,
        )
        args = case.actions[0]["args"] | {"amount": amount}
        ruling = {"call_id": "call_1", "type": "edit", "args": args, "reason_code": "other"}
        decisions.decide(case, reviewer=ana, look=look, decisions=[ruling], at=at)
        assert attention.in_a_row(ana, at=at) == counted


def test_help_for_one_person_is_none_for_another() -> None:
    rules(help_second=True)
    ana, ben, at = factories.person(), factories.person(), factories.now()
    for _each in range(4):
        decided(ana, held=5, at=at)
    assert decided(ben, held=5, at=at).state != "second_look"
    assert not attention.asks_for_view(ben, at=at)


def test_a_program_is_not_measured() -> None:
    rules(help_minutes=2)
    ana = factories.person()
    for _each in range(4):
        case = factories.claimed(ana, **SMALL)
        approve = {"call_id": "call_1", "type": "approve"}
        decisions.decide(case, reviewer=ana, look=factories.look(case), decisions=[approve], at=factories.now())
    assert attention.in_a_row(ana, at=factories.now()) == 0


def test_help_may_be_switched_off() -> None:
    rules(quick_in_a_row=0, help_second=True, help_minutes=5)
    ana = factories.person()
    for _each in range(5):
        assert decided(ana, held=5).state != "second_look"
    factories.case(**SMALL)
    assert not attention.asks_for_view(ana, at=factories.now())
    assert claims.claim_next(reviewer=ana, at=factories.now()) is not None


def test_what_somebody_else_writes_beside_it_stays() -> None:
    ana = factories.person()
    stale = User.objects.get(pk=ana.pk)
    habits.store(ana, {"planted": ["case_1"]})
    habits.store(stale, {"quick_row": {"n": 1}})
    ana.refresh_from_db()
    assert (ana.habits["planted"], ana.habits["quick_row"]) == (["case_1"], {"n": 1})


def test_the_meter_tells_what_happened() -> None:
    rules()
    ana = factories.person()
    for held, kind in ((5, "approve"), (50, "approve"), (50, "reject"), (5, "approve")):
        decided(ana, held=held, kind=kind)
    meter = known.of(ana.pk, below=40, at=factories.now())
    assert (meter.decided, meter.quick.hits, meter.quick.n, meter.approved.hits) == (4, 2, 4, 3)
    assert (meter.run, meter.longest_run) == (1, 2)
    assert known.of(factories.person().pk, below=40, at=factories.now()).decided == 0


def test_a_hidden_second_look_is_said_once_by_somebody_else() -> None:
    rules(second_share=100)
    ana, ben = factories.person(), factories.person()
    case = decided(ana, held=50)
    look = SecondLook.objects.get()
    assert (look.first_by_id, look.first_type, [one.pk for one in known.to_look_at(ana)]) == (ana.pk, "approve", [])
    with pytest.raises(Refusal, match="Somebody else"):
        attention.say(look, person=ana, view="approve", note="", at=factories.now())
    with pytest.raises(Refusal, match="approve, change or reject"):
        attention.say(look, person=ben, view="maybe", note="", at=factories.now())
    version = case.version
    attention.say(look, person=ben, view="reject", note="Too much.", at=factories.now())
    with pytest.raises(Refusal, match="already"):
        attention.say(look, person=ben, view="approve", note="", at=factories.now())
    case.refresh_from_db()
    meter = known.of(ana.pk, below=40, at=factories.now())
    assert (meter.agreed.hits, meter.agreed.n, case.version) == (0, 1, version)


@pytest.mark.parametrize(("share", "drawn"), [(0, 0), (100, 1)])
def test_as_many_are_drawn_as_the_desk_wants(share: int, drawn: int) -> None:
    rules(second_share=share)
    decided(factories.person(), held=50)
    assert SecondLook.objects.count() == drawn


def test_who_has_not_the_desk_s_key_cannot_work_out_which_cases_are_looked_at_again(settings: Settings) -> None:
    rules(second_share=50)
    ana = factories.person()
    cases = [decided(ana, held=50) for _case in range(30)]
    drawn = [set(SecondLook.objects.values_list("case", flat=True))]
    for key in ("one", "another"):
        settings.SECRET_KEY = key
        SecondLook.objects.all().delete()
        for _time in range(2):
            for case in cases:
                attention.draw(case, at=factories.now())
        drawn.append(set(SecondLook.objects.values_list("case", flat=True)))
    assert drawn[1] != drawn[2]
    assert all(0 < len(each) < 30 for each in drawn)


def test_a_list_of_risks_is_a_list_of_risks() -> None:
    row = CoachingRules(certified_risks=["enormous"])
    with pytest.raises(Exception, match="A list of"):
        row.clean()
    coaching.save(CoachingRules(certified_risks=["high"]), actor=SYSTEM, at=factories.now())
    assert CoachingRules.objects.get().certified_risks == ["high"]


def test_what_nobody_decided_gets_no_second_look() -> None:
    rules(second_share=100)
    attention.draw(factories.case(), at=factories.now())
    assert not SecondLook.objects.exists()


def test_whoever_decides_nothing_gives_no_second_look() -> None:
    rules(second_share=100)
    decided(factories.person(), held=50)
    look = SecondLook.objects.get()
    assert attention.why_not(look, factories.person("auditor")) == "Your role does not decide cases."


def test_for_some_minutes_the_page_asks_to_open_the_evidence_at_every_risk() -> None:
    rules(help_evidence=10)
    ana, at = factories.person(), factories.now()
    for _each in range(3):
        assert not attention.asks_for_evidence(ana, at=at)
        decided(ana, held=5, at=at)
    assert attention.asks_for_evidence(ana, at=at)
    source = {"id": "s1", "title": "Returns", "text": "30 days"}
    case = factories.claimed(ana, at=at, sources=[source], **SMALL)
    look = factories.look(case)
    seen = Look(look.claim_token, look.version, look.seen_digest, on_page=True)
    approve = [{"call_id": "call_1", "type": "approve"}]
    with pytest.raises(Refusal) as refused:
        decisions.decide(case, reviewer=ana, look=seen, decisions=approve, at=at)
    wanted = [piece.key for piece in sightings.unread(case, ana.pk, asked=True)]
    assert (wanted[-1], len(refused.value.errors)) == ("source-0", len(wanted))
    for piece in wanted:
        case = looking.open_piece(case, person=ana, piece=piece, at=at)
    assert Entry.objects.filter(kind="evidence.seen").count() == len(wanted)
    decisions.decide(case, reviewer=ana, look=seen, decisions=approve, at=at)
    assert not attention.asks_for_evidence(ana, at=at)


def test_the_prompt_for_evidence_ends_by_itself_and_nobody_else_has_it() -> None:
    rules(help_evidence=10)
    ana, ben, at = factories.person(), factories.person(), factories.now()
    for _each in range(3):
        decided(ana, held=5, at=at)
    assert [attention.asks_for_evidence(who, at=at + timedelta(minutes=9)) for who in (ana, ben)] == [True, False]
    assert not attention.asks_for_evidence(ana, at=at + timedelta(minutes=11))
    assert not [entry for entry in Entry.objects.all() if "quick_row" in str(entry.data)]
