"""Deciding together without JavaScript: choose, look, open the sample, rule, take back."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from reviewqueue.domain import claims
from reviewqueue.models import Batch, Case, Decision, Wording
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def voucher(**fields: Any) -> dict[str, Any]:
    return factories.action(**({"name": "send_voucher", "value": None, "reversible": True} | fields))


@pytest.fixture(autouse=True)
def _vouchers_are_harmless(db: None) -> None:  # noqa: ARG001 - the database must be there first
    factories.policy(undo_seconds=60, risk_levels=[{"match": {"action": ["send_voucher"]}, "level": "low"}])


def vouchers(count: int) -> list[Case]:
    return [factories.case(actions=[voucher()]) for _each in range(count)]


def choose(visitor: Visitor, cases: Sequence[Case], **place: str) -> Page:
    chosen = {"case": [case.pk for case in cases], **place}
    return Page(visitor.client.post("/queue/together", chosen, follow=True))


def address(verb: str = "") -> str:
    return f"/together/{Batch.objects.latest('created_at').pk}/{verb}"


def open_sample(visitor: Visitor) -> Page:
    for case_id in Batch.objects.latest("created_at").sample:
        visitor.press(visitor.open(address()), "Open first", on=address(f"open/{case_id}"))
    return visitor.open(address())


def test_only_what_may_be_decided_together_can_be_ticked(visit: Visit) -> None:
    (harmless,), risky = vouchers(1), factories.case()
    page = visit().open("/")
    boxes = [box.attributes for box in page.all("input", type="checkbox")]
    assert [(box["value"], box["form"]) for box in boxes] == [(harmless.pk, "together")]
    assert risky.pk in page.source
    assert visit("auditor").open("/").all("input", type="checkbox") == []


def test_the_page_shows_exactly_what_would_run_and_waits_for_the_sample(visit: Visit) -> None:
    visitor, cases = visit(), vouchers(2)
    page = choose(visitor, cases, lane="routine")
    assert page.says("h1") == ["2 cases: send voucher"]
    assert page.says("code") == ['{"args":{"amount":"350.00","order_id":"A-1"},"name":"send_voucher"}'] * 2
    form = page.form(address("decide"))
    assert (form.off, form.fields["lane"]) == ({"Approve all 2", "Reject all 2"}, "routine")
    assert len([button for button in page.says("button") if button == "Open first"]) == 1


def test_what_an_administrator_wrote_about_the_action_is_read_here_too(visit: Visit) -> None:
    Wording.objects.create(
        kind="tool_call",
        name="send_voucher",
        english="Sends {customer.name} a voucher.",
        english_effect="It can expire.",
    )
    cases = [factories.case(actions=[voucher()], customer={"id": name, "name": name}) for name in ("Maya", "Ben")]
    lines = choose(visit(), cases).says("td")
    assert [line for line in lines if "voucher" in line and "{" not in line] == [
        f"Sends {name} a voucher.can be undone · It can expire." for name in ("Maya", "Ben")
    ]


@pytest.mark.covers("R37", "R129")
def test_with_the_sample_opened_all_are_approved_and_can_be_taken_back(visit: Visit) -> None:
    visitor, cases = visit(), vouchers(2)
    choose(visitor, cases, lane="routine")
    page = visitor.press(open_sample(visitor), "Approve all 2", on=address("decide"))
    assert page.says("li", class_="success") == ["2 cases decided, each on its own record."]
    assert list(Decision.objects.values_list("type", flat=True)) == ["approve", "approve"]
    bar = page.says("ul", id="undo-bar")
    assert len(bar) == 1
    assert bar[0].startswith("2 cases decided together")
    page = visitor.press(page, "Undo all", on=address("undo"))
    assert page.says("li", class_="success") == ["Taken back; nothing had happened yet. The cases wait again."]
    assert set(Case.objects.values_list("state", flat=True)) == {"queued"}


def test_an_opened_case_leads_back_to_its_batch(visit: Visit) -> None:
    visitor, cases = visit(), vouchers(2)
    choose(visitor, cases)
    (sampled,) = Batch.objects.get().sample
    page = visitor.press(visitor.open(address()), "Open first", on=address(f"open/{sampled}"))
    (back,) = page.all("a", class_="back")
    assert (page.says("h1")[0].startswith("Send voucher"), back.attributes["href"]) == (True, address())
    for nonsense in ("../x", "a/b", "", "é" * 50):
        (back,) = visitor.open(f"/cases/{sampled}/?together={nonsense}").all("a", class_="back")
        assert back.attributes["href"] == "/"


def test_a_change_of_one_case_is_told_and_nothing_is_decided(visit: Visit) -> None:
    visitor, cases = visit(), vouchers(3)
    choose(visitor, cases)
    page = open_sample(visitor)
    claims.claim(cases[1], reviewer=factories.person(), at=factories.now())
    page = visitor.press(page, "Approve all 3", on=address("decide"))
    assert page.status == 409
    assert f"Changed since they were chosen: {cases[1].pk}." in page.text
    assert "This batch is void: one of its cases changed." in page.text
    assert ("Approve all 3" in page.says("button"), Decision.objects.count()) == (False, 0)


def test_rejecting_all_needs_a_reason(visit: Visit) -> None:
    visitor, cases = visit(), vouchers(2)
    choose(visitor, cases)
    page = visitor.press(open_sample(visitor), "Reject all 2", on=address("decide"))
    assert (page.status, "Say why: choose a reason." in page.text) == (422, True)
    visitor.press(page, "Reject all 2", on=address("decide"), reason_code="policy")
    assert set(Decision.objects.values_list("type", "reason_code")) == {("reject", "policy")}


def test_a_choice_that_does_not_go_together_is_refused_with_the_sentence(visit: Visit) -> None:
    page = choose(visit(), [*vouchers(1), factories.case()])
    assert (page.status, "Maya R.: Only cases at low risk are decided together with others." in page.text) == (
        403,
        True,
    )
    assert choose(visit(), vouchers(1)).status == 422


def test_a_batch_of_somebody_else_is_not_there(visit: Visit) -> None:
    choose(visit(), vouchers(2))
    stranger = visit()
    case_id = Batch.objects.get().case_ids[0]
    assert stranger.open(address()).status == 404
    for verb in ("decide", "undo", f"open/{case_id}"):
        assert stranger.client.post(address(verb), {"ruling": "approve"}).status_code == 404


@pytest.mark.parametrize("count", [2, 6])
def test_the_page_asks_the_database_the_same_whatever_its_length(
    visit: Visit, django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    visitor = visit()
    choose(visitor, vouchers(count))
    page = address()
    # Session and user; the batch; its cases; how their action reads; batches and decisions that can be undone.
    with django_assert_num_queries(7):
        assert len(visitor.open(page).says("code")) == count
