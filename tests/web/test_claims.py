"""Beside each claim of a draft stands what supports it, and that nothing does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from reviewqueue.models import Decision
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
TALK = [
    {"seq": 1, "role": "customer", "text": "My order A-1 came two weeks late."},
    {"seq": 2, "role": "agent", "text": "You will get 99 EUR."},
]
POLICY = {"id": "s1", "title": "Refund policy v7", "text": "Gold customers get up to 400 EUR without asking."}


def drafted(visitor: Visitor, text: str, **fields: Any) -> Page:
    """The page of a claimed case whose agent wants to send this text."""
    talk = {"id": "c", "channel": "chat", "messages": TALK}
    reply = factories.reply(args={"text": text}, reversible=True)
    told: dict[str, Any] = {
        "conversation": talk,
        "sources": [POLICY],
        "actions": [reply],
        "by": factories.agent(name="support-bot"),
    }
    case = factories.claimed(visitor.user, **(told | fields))
    return visitor.open(f"/cases/{case.pk}/")


def claims(page: Page) -> list[str]:
    """The claims as the page tells them."""
    return [said for e, said in zip(page.all("li"), page.says("li"), strict=True) if "div#a0-claims" in e.inside]


@pytest.mark.covers("R56", "R57", "R61")
def test_each_claim_says_where_it_is_supported_and_what_nothing_supports_comes_first(visit: Visit) -> None:
    page = drafted(visit(), "Dear Maya, for order A-1 you get up to 400 EUR, then 99 EUR, and 5 EUR on 12 May.")
    assert claims(page) == [
        "5 EUR ✗ found nowhere",
        "12 May ✗ found nowhere",
        "99 EUR ? only the agent says so: Support-bot, message 2",
        "Maya ✓ Customer record: name Maya R.",
        "A-1 ✓ Maya R., message 1 My order A-1 came two weeks late.",
        "400 EUR ✓ Refund policy v7 Gold customers get up to 400 EUR without asking.",
    ]
    assert "3 claims without support" in page.text


def test_a_draft_whose_claims_are_all_supported_says_so(visit: Visit) -> None:
    page = drafted(visit(), "Your order A-1 was late.")
    told = (
        "every claim is supported amounts, dates, numbers and names, looked up in record, conversation and sources "
        "A-1 ✓ Maya R., message 1 My order A-1 came two weeks late. Check again"
    )
    assert page.says("div", id="a0-claims") == [told]


def test_claims_are_checked_again_while_somebody_types_and_by_a_button_without_script(visit: Visit) -> None:
    ana = visit()
    page = drafted(ana, "Your order A-1 was late.")
    address = page.form(f"{_case(page)}decide").action.removesuffix("decide")
    again = ana.press(page, "Check again", on=f"{address}decide", a0__0="Your order B-22 was late.")
    assert claims(again) == ["B-22 ✗ found nowhere"]
    fields = page.form(f"{address}decide").fields | {"a0-0": "We pay 7 EUR."}
    part = Page(ana.client.post(f"{address}change", fields, headers={"HX-Request": "true"}))
    assert claims(part) == ["7 EUR ✗ found nowhere"]


def test_how_many_claims_had_no_support_goes_on_record_with_the_decision(visit: Visit) -> None:
    ana = visit()
    page = drafted(ana, "Your order A-1 costs 5 EUR.")
    ana.press(page, "Approve", on=f"{_case(page)}decide")
    (decision,) = Decision.objects.all()
    assert {name: decision.timings[name] for name in ("claims", "unsupported")} == {"claims": 2, "unsupported": 1}


def test_when_somebody_began_to_act_and_opened_the_evidence_goes_on_record(visit: Visit) -> None:
    ana = visit()
    page = drafted(ana, "Thank you.")
    shown_at = datetime.fromisoformat(page.form(f"{_case(page)}decide").fields["shown_at"])
    ana.press(page, "Approve", on=f"{_case(page)}decide", first_after="1", evidence_after="2")
    kept = Decision.objects.get().timings
    assert kept["first_action_at"] == (shown_at + timedelta(milliseconds=1)).isoformat()
    assert kept["evidence_at"] == (shown_at + timedelta(milliseconds=2)).isoformat()


@pytest.mark.parametrize("after", ["", "-1", "soon", "99999999", "9" * 400, "1.5"])
def test_a_moment_that_cannot_be_is_not_kept(visit: Visit, after: str) -> None:
    ana = visit()
    page = drafted(ana, "Thank you.")
    ana.press(page, "Approve", on=f"{_case(page)}decide", first_after=after, evidence_after=after)
    assert sorted(Decision.objects.get().timings) == [
        "claims",
        "held_seconds",
        "reading_seconds",
        "shown_at",
        "unsupported",
    ]


def test_what_the_draft_repeats_of_a_source_is_marked_there(visit: Visit) -> None:
    page = drafted(visit(), "As gold customers get up to 400 EUR, here they are.")
    assert page.says("mark") == ["Gold customers get up to 400 EUR"]


def test_a_hostile_claim_is_text(visit: Visit) -> None:
    page = drafted(visit(), "Dear Eve<script>alert(1)</script>, pay #1<b>x</b>\u202e 5 EUR")
    assert [each for each in page.all("script") if "alert" in each.text] == []
    assert claims(page) == ["Eve ✗ found nowhere", "#1 ✗ found nowhere", "5 EUR ✗ found nowhere"]


def _case(page: Page) -> str:
    form = next(e for e in page.all("form") if e.attributes.get("id") == "ruling")
    return form.attributes["action"].removesuffix("decide")
