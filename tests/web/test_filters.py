"""Filters, search and lanes: every choice is an address."""

from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.models import Case
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
UNCOMPARED = (
    "Ranked as if due 30 minutes earlier than it is, because a delay costs more: a value nobody can compare +30"
    " minutes."
)
VIP = {
    "name": "vip",
    "category": "segment",
    "match": {"tier": ["vip"]},
    "when": {"fact": "intent", "in": ["refund", "cancel"]},
    "outcome": "review",
    "priority": "high",
}


def rows(page: Page) -> list[str]:
    return [row.attributes["data-case"] for row in page.all("tr") if "data-case" in row.attributes]


def chips(page: Page) -> dict[str, str]:
    """The active filters, and where each is taken away."""
    links = [link for link in page.all("a") if link.attributes.get("aria-label", "").startswith("Without this filter")]
    return {link.attributes["aria-label"].partition(": ")[2]: link.attributes["href"] for link in links}


@pytest.fixture
def three() -> dict[str, Case]:
    """A VIP's cancellation in German, an ordinary refund, and a large one."""
    factories.policy(triggers=[VIP])
    large = [factories.action(value={"amount": "5000", "currency": "EUR"})]
    vip = {"id": "v", "name": "Vera", "tier": "vip"}
    return {
        "vip": factories.case(intent="cancel", language="de", customer=vip, by=factories.agent(name="helper")),
        "plain": factories.case(),
        "large": factories.case(actions=large),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("priority=high", "vip"),
        ("risk=high", "vip plain large"),
        ("risk=low", ""),
        ("agent=helper", "vip"),
        ("intent=refund", "plain large"),
        ("language=de", "vip"),
        ("least=1000", "large"),
        ("state=claimed", ""),
        ("state=queued&intent=refund&least=1000", "large"),
        ("q=vera&priority=high", "vip"),
        ("priority=silly&risk=no&state=decided&least=NaN", "vip plain large"),
        ("least=-1&priority=&agent=", "vip plain large"),
    ],
)
def test_an_address_is_a_choice_and_what_it_does_not_know_counts_as_absent(
    visit: Visit, three: dict[str, Case], query: str, found: str
) -> None:
    assert set(rows(visit().open(f"/?{query}"))) == {three[name].pk for name in found.split()}


def test_each_active_filter_is_named_and_can_be_taken_away(visit: Visit, three: dict[str, Case]) -> None:
    page = visit().open("/?lane=routine&q=vera&priority=high&least=10")
    assert rows(page) == [three["vip"].pk]
    assert chips(page) == {
        "Priority": "/?lane=routine&q=vera&least=10",
        "Worth at least": "/?lane=routine&q=vera&priority=high",
    }
    (clear,) = [link for link in page.all("a") if link.text == "Clear all"]
    assert clear.attributes["href"] == "/?lane=routine"


def test_the_form_offers_what_there_is_and_keeps_the_place(visit: Visit, three: dict[str, Case]) -> None:
    page = visit().open("/?view=waiting&q=x&agent=helper")
    options = [option.attributes["value"] for option in page.all("option")]
    assert [value for value in options if value in {"asked", "queued", "helper", "urgent", "critical"}] == [
        "asked",
        "urgent",
        "critical",
        "helper",
    ]
    fields = {e.attributes["name"]: e.attributes["value"] for e in page.all("input", type="hidden")}
    assert (fields["view"], fields["q"]) == ("waiting", "x")
    assert [option.attributes["value"] for option in page.all("option", selected="")] == ["helper"]
    assert three["vip"].agent.name == "helper"


def test_lane_view_and_page_links_carry_the_choice(visit: Visit, three: dict[str, Case]) -> None:
    page = visit().open("/?priority=high")
    targets = {link.attributes["href"] for link in page.all("a") if "priority=high" in link.attributes.get("href", "")}
    assert targets == {
        "/?lane=routine&priority=high",
        "/?view=mine&priority=high",
        "/?view=waiting&priority=high",
        "/?view=done&priority=high",
        "/?view=snoozed&priority=high",
        "/?priority=high",
        f"/cases/{three['vip'].pk}/?priority=high",
        f"/cases/{three['vip'].pk}/?priority=high&do=take-over",
    }


@pytest.mark.usefixtures("three")
def test_filters_that_leave_nothing_say_so_and_offer_the_way_back(visit: Visit) -> None:
    page = visit().open("/?lane=routine&risk=low")
    assert "No case matches these filters." in page.text
    (clear,) = [link for link in page.all("a") if link.text == "Clear all filters"]
    assert clear.attributes["href"] == "/?lane=routine"


@pytest.mark.usefixtures("three")
def test_what_is_typed_into_a_filter_is_shown_as_text(visit: Visit) -> None:
    page = visit().open('/?intent=<img src=x onerror=alert(1)>&agent="><script>&language=a%E2%80%AEb')
    assert (page.all("img"), page.all("script", src="")) == ([], [])
    assert page.says("span", class_="hid") == ["U+202E"]


@pytest.mark.covers("R68", "R74")
def test_a_lane_says_how_many_will_probably_be_late_and_how_it_knows(visit: Visit) -> None:
    at = factories.now()
    for minutes in (50, 47, 1):
        factories.case(at=at - factories.later(60 * minutes))
    page = visit().open("/")
    assert page.says("a", class_="lane") == ["Routine 3 oldest 50 min 2 likely to breach in 15 min"]
    (method,) = page.says("span", id="method-routine")
    assert method == (
        "Due within 15 minutes: 2; late already: 0. People decided 0 here in the last 60 minutes. At this pace, late"
        " ones first, 2 of them will not be reached in time."
    )


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"actions": [factories.reply(call_id="c")]}, "Ranked by its deadline alone: a delay costs nothing more."),
        (
            {"customer": {"id": "v", "tier": "vip"}, "actions": [factories.reply(call_id="c")]},
            "Ranked as if due 20 minutes earlier than it is, because a delay costs more: high priority +20 minutes.",
        ),
        (
            {"customer": {"id": "s", "tier": "slow"}, "actions": [factories.reply(call_id="c")]},
            "Ranked as if due 60 minutes later than it is, because a delay costs less: low priority \u221260 minutes.",
        ),
        (
            {"actions": [factories.action(reversible=True, value={"amount": "1", "currency": "XAU"})]},
            UNCOMPARED,
        ),
    ],
)
def test_a_row_says_why_it_stands_where_it_stands(visit: Visit, fields: dict[str, Any], says: str) -> None:
    slow = VIP | {"name": "slow", "match": {"tier": ["slow"]}, "priority": "low"}
    factories.policy(triggers=[VIP, slow])
    case = factories.case(**fields)
    page = visit().open("/")
    assert page.says("span", id=f"rank-{case.pk}") == [says]
    assert f"rank-{case.pk}" in {link.attributes.get("aria-describedby") for link in page.all("a")}


def test_a_change_on_another_page_of_the_list_is_not_new_to_this_one(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewqueue.queries.cases.PAGE", 2)
    at = factories.now()
    made = [factories.case(at=at + factories.later(n)) for n in range(4)]
    visitor = visit()
    page = visitor.open("/")
    (address,) = [e.attributes["data-changes"] for e in page.all("body")]
    first = factories.case(at=at - factories.later(60))
    changed = visitor.open(f"{address}&shown={made[0].pk},{made[1].pk}&new={made[2].pk},{made[3].pk},{first.pk}")
    assert changed.all("div", id="newer")[0].attributes["data-new"] == first.pk


def test_a_filter_that_hardly_any_case_fits_says_how_far_it_looked_and_goes_on(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewqueue.web.filters.AT_FIRST", 2)
    at = factories.now()
    for n in range(4):
        factories.case(at=at + factories.later(n), language="fi" if n == 3 else "en")
    visitor = visit()
    page = visitor.open("/?language=fi")
    assert "2 cases were looked through; there are more." in page.text
    (further,) = [link for link in page.all("a") if link.text == "Look further"]
    found = visitor.open(further.attributes["href"])
    assert (len(found.all("tr")) - 1, "looked through" in found.text) == (1, False)
