"""A policy made of forms alone: scope, budget, costs of failure, expert condition and words; adopted, and compared."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, refund
from tests.journeys.test_policy_life import begun, desk, press, seat

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["desk", "seat"]


def add(page: "Page", group: str) -> None:
    """The form of a new rule."""
    page.locator(f"#{group}").get_by_role("link", name="Add", exact=True).click()


def save(page: "Page", **fields: str) -> None:
    """Fill fields by their names and save."""
    for name, value in fields.items():
        field = page.locator(f"[name='{name.replace('__', '-')}']")
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    press(page, "Save in the draft")


def publish(page: "Page", reason: str) -> None:
    """Put the draft in force; nobody has looked at what it would have done."""
    page.fill("#reason", reason)
    if page.get_by_text("Publish without a look").count():
        page.get_by_text("Publish without a look").click()
        page.fill("#blind", "It is a trial")
        press(page, "Publish blind")
    else:
        press(page, "Publish")
    expect(page.get_by_text("is in force.")).to_be_visible()


@pytest.mark.covers("R7", "R9", "R13", "R16", "R20", "R33", "R35", "R154")
def test_every_kind_of_rule_is_made_by_its_form_and_holds(desk: Desk, seat: Callable[[str], Seat]) -> None:
    page = seat("adam").open("/policy/")
    begun(page, "Change it")
    add(page, "scopes")
    save(page, agent="support-bot", owner="adam", review_by="2099-01-31", authorised="refund", always_human="legal")
    expect(page.locator("#scopes")).to_contain_text("support-bot")
    add(page, "budgets")
    save(page, name="customer-a-day", within="day", sum="30.00", per="customer")
    expect(page.locator("#budgets")).to_contain_text("30.00 EUR")
    # From the list of what businesses ask about, with its default.
    add(page, "triggers")
    page.locator("a[href*='from=cost-of-failure-tiers']").click()
    save(page, tiers__0__over="40.00")
    expect(page.locator("#triggers")).to_contain_text("over 40.00 EUR")
    # An expert condition that cannot be read stands beside its field.
    add(page, "triggers")
    page.get_by_role("link", name="An empty one").click()
    page.get_by_label("when the text below says so").check()
    save(page, name="dear", outcome="review", how__text='{cel: "action.value.amount >"}')
    expect(page.locator(".errorlist")).to_contain_text("cel")
    save(page, how__text='{cel: "action.value.amount > 20.0"}')
    expect(page.locator("#triggers")).to_contain_text("action.value.amount > 20.0")
    add(page, "triggers")
    page.get_by_role("link", name="An empty one").click()
    page.get_by_text("Ready-made words, English and German").click()
    page.get_by_label("Legal threat (English)").check()
    page.get_by_label("Legal threat (German)").check()
    save(page, name="lawyers", outcome="handoff")
    expect(page.locator("#triggers")).to_contain_text("Lawyers")
    publish(page, "All by forms")

    def status(name: str, intent: str, amount: str) -> str:
        return str(desk.propose(name, intent=intent, actions=[refund(amount)])["status"])

    assert status("Within W.", "refund", "10.00") == "decided"
    assert status("Dear D.", "refund", "21.00") == "pending"
    assert status("Beyond B.", "weather", "10.00") == "pending"
    assert status("Human H.", "legal", "10.00") == "pending"


@pytest.mark.covers("R5", "R91", "R155")
def test_a_starting_policy_is_adopted_by_two_and_compared_with_the_one_before(
    desk: Desk, seat: Callable[[str], Seat]
) -> None:
    page = seat("adam").open("/admin/reviewqueue/policydraft/add/")
    page.get_by_label("a policy that comes with the desk").check()
    page.locator("[name=starting]").select_option("e-mail-drafts")
    press(page, "Begin")
    draft = page.url
    expect(page.locator("#changes")).to_contain_text("stricter")
    page.fill("#reason", "We begin with drafts")
    press(page, "Ask a second person")
    second = seat("bea").open(draft.removeprefix(desk.url))
    publish(second, "")
    number = second.locator(".policy-facts").get_by_role("link").inner_text().removeprefix("version ")
    page.goto(f"{desk.url}/policy/versions/{number}/")
    page.get_by_role("link", name="Compare with version 1", exact=True).click()
    expect(page.get_by_text("What is different from version 1")).to_be_visible()
    expect(page.locator("#policy-changed").locator("..")).to_contain_text("stricter")
