"""One table moves a case."""

from pathlib import Path

import pytest
from django.db.transaction import TransactionManagementError

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import lifecycle
from reviewqueue.models import Case, Event, State
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
WALK = [(state, step) for state in State.values for step in lifecycle.TABLE if step not in {"queue", "watch"}]


def _in_state(state: str) -> Case:
    case = factories.case()
    Case.objects.filter(pk=case.pk).update(state=state)
    case.refresh_from_db()
    return case


@pytest.mark.invented_history
@pytest.mark.parametrize(("state", "name"), WALK)
def test_every_step_from_every_state_moves_as_the_table_says_or_is_refused(state: str, name: str) -> None:
    case = _in_state(state)
    step = lifecycle.TABLE[name]
    rows = Entry.objects.count()
    if state in step.sources:
        lifecycle.advance(case, name, actor=SYSTEM, at=factories.now())
        case.refresh_from_db()
        assert (case.state, case.version) == (step.target or state, 2)
        assert Entry.objects.count() == rows + 1
    else:
        with pytest.raises(Refusal) as refused:
            lifecycle.advance(case, name, actor=SYSTEM, at=factories.now())
        case.refresh_from_db()
        assert (refused.value.slug, case.state, case.version) == ("not-pending", state, 1)
        assert Entry.objects.count() == rows


def test_a_step_on_an_old_version_is_refused_and_leaves_no_trace() -> None:
    case = factories.case()
    old = Case.objects.get(pk=case.pk)
    lifecycle.advance(case, "claim", actor=SYSTEM, at=factories.now())
    old.state = "queued"
    with pytest.raises(Refusal) as refused:
        lifecycle.advance(old, "claim", actor=SYSTEM, at=factories.now())
    assert refused.value.slug == "stale-version"
    assert Entry.objects.filter(subject=case.subject).count() == 2
    assert Event.objects.filter(case=case).count() == 2


def test_a_case_cannot_start_with_a_step_that_needs_a_case() -> None:
    case = factories.case()
    with pytest.raises(ValueError, match="cannot start"):
        lifecycle.open_case(case, "claim", actor=SYSTEM, at=factories.now(), data={})


@pytest.mark.invented_history
def test_the_case_knows_how_long_its_chain_is() -> None:
    case = factories.case()
    lifecycle.advance(case, "claim", actor=SYSTEM, at=factories.now())
    lifecycle.record(case, "grant.voided", actor=SYSTEM, at=factories.now(), data={"grant": "grant_1", "why": "test"})
    case.refresh_from_db()
    assert case.ledger_seq == Entry.objects.filter(subject=case.subject).count() == 3


def test_the_steps_of_a_state_are_those_of_the_table() -> None:
    assert lifecycle.steps_from("taken_over") == ["take_over", "return", "finish", "unmask", "close"]


def test_the_page_about_the_lifecycle_is_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert page.read_text() == lifecycle.page()


@pytest.mark.django_db(transaction=True)
def test_a_case_does_not_move_outside_the_transaction_of_a_verb() -> None:
    case = factories.case()
    for step in (
        lambda: lifecycle.advance(case, "claim", actor=SYSTEM, at=factories.now()),
        lambda: lifecycle.record(case, "grant.voided", actor=SYSTEM, at=factories.now(), data={}),
        lambda: lifecycle.open_case(case, "queue", actor=SYSTEM, at=factories.now(), data={}),
    ):
        with pytest.raises(TransactionManagementError):
            step()
    case.refresh_from_db()
    assert (case.state, case.version, Entry.objects.count()) == ("queued", 1, 2)
