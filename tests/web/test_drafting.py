"""What somebody typed and did not send is kept for them, and for nobody else."""

from collections.abc import Callable

import pytest

from reviewqueue.domain import claims, drafting, endings
from reviewqueue.models import Case, Draft
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
TEXT = "Sorry for the wait."


@pytest.fixture
def ana(visit: Visit) -> Visitor:
    """Ana holds a case."""
    return visit(first_name="Ana", last_name="R.")


@pytest.fixture
def case(ana: Visitor) -> Case:
    """Her case."""
    return factories.claimed(ana.user, actions=[factories.reply()])


def see(visitor: Visitor, case: Case) -> Page:
    return visitor.open(f"/cases/{case.pk}/")


def type_in(visitor: Visitor, case: Case, **typed: str) -> Page:
    """What the page sends while somebody types."""
    fields = see(visitor, case).form(f"/cases/{case.pk}/decide").fields | {
        n.replace("__", "-"): t for n, t in typed.items()
    }
    return Page(visitor.client.post(f"/cases/{case.pk}/change", fields, headers={"HX-Request": "true"}))


def shown(page: Page, case: Case) -> dict[str, str]:
    fields = page.form(f"/cases/{case.pk}/decide").fields
    return {name: fields[name] for name in ("a0-0", "message", "note")}


def test_what_was_typed_is_there_on_return_and_in_another_tab(ana: Visitor, case: Case) -> None:
    answer = type_in(ana, case, a0__0=TEXT, message="m", note="n")
    assert answer.says("p", id="draft")[0].startswith("Your draft, saved")
    tab = Visitor()
    tab.client.force_login(ana.user)
    assert shown(see(tab, case), case) == {"a0-0": TEXT, "message": "m", "note": "n"}
    assert "Discard it" in see(ana, case).form(f"/cases/{case.pk}/decide").buttons


def test_a_colleague_does_not_see_it(ana: Visitor, case: Case, visit: Visit) -> None:
    type_in(ana, case, a0__0=TEXT)
    assert TEXT not in see(visit(), case).source


def test_it_outlives_the_lease(ana: Visitor, case: Case) -> None:
    type_in(ana, case, a0__0=TEXT)
    claims.release(case, reviewer=ana.user, token=case.claim_token, at=factories.now())
    page = see(ana, case)
    assert (shown(page, case)["a0-0"], "Claim" in page.form(f"/cases/{case.pk}/decide").buttons) == (TEXT, True)


def test_discarding_it_shows_the_proposal_again(ana: Visitor, case: Case) -> None:
    before = shown(see(ana, case), case)
    type_in(ana, case, a0__0=TEXT)
    page = ana.press(see(ana, case), "Discard it", on=f"/cases/{case.pk}/decide")
    assert (shown(page, case), Draft.objects.count()) == (before, 0)


def test_taking_every_change_back_leaves_no_draft(ana: Visitor, case: Case) -> None:
    proposed = shown(see(ana, case), case)["a0-0"]
    type_in(ana, case, a0__0=TEXT)
    type_in(ana, case, a0__0=proposed)
    assert Draft.objects.count() == 0


def test_a_decision_ends_it(ana: Visitor, case: Case) -> None:
    type_in(ana, case, a0__0=TEXT)
    ana.press(see(ana, case), "Approve my edit", on=f"/cases/{case.pk}/decide", reason_code="tone")
    assert (Draft.objects.count(), case.decisions.get().type) == (0, "edit")


def test_the_amount_typed_again_is_not_kept(ana: Visitor, case: Case) -> None:
    type_in(ana, case, a0__0=TEXT, typed_amount="350.00")
    assert sorted(Draft.objects.get().fields) == ["a0-0", "a0-response", "knowledge_gap", "message", "note"]


def test_nothing_is_kept_for_a_case_that_is_over(ana: Visitor, case: Case) -> None:
    fields = see(ana, case).form(f"/cases/{case.pk}/decide").fields | {"a0-0": TEXT}
    factories.decide(case, ana.user)
    ana.client.post(f"/cases/{case.pk}/change", fields, headers={"HX-Request": "true"})
    assert Draft.objects.count() == 0


def test_what_is_typed_beside_a_case_that_is_over_is_not_kept() -> None:
    person, at = factories.person("supervisor"), factories.now()
    case = factories.case()
    case = endings.expire(case, at=case.expires_at)
    assert drafting.save(case, person=person, fields={"message": "Too late"}, at=at) is None
    assert not Draft.objects.exists()
