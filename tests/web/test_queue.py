"""The queue: lanes, rows, views, what is new."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviewqueue.domain import claims, questions
from reviewqueue.models import Case, Queue, wordindex
from reviewqueue.queries import events, search
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def rows(page: Page) -> list[str]:
    """The ids of the cases in the list, top down."""
    return [row.attributes["data-case"] for row in page.all("tr") if "data-case" in row.attributes]


def row(page: Page, case: Case) -> str:
    """What the line of a case says."""
    return page.says("tr", id=f"row-{case.pk}")[0]


def lanes(page: Page) -> list[str]:
    """What the lanes say."""
    return page.says("a", class_="lane")


@pytest.mark.covers("R72")
def test_a_row_says_who_what_how_much_and_why(visit: Visit) -> None:
    trigger = {"when": {"fact": "action.value", "over": "200.00"}, "outcome": "review", "priority": "high"}
    factories.policy(triggers=[trigger | {"name": "refund-over-limit", "category": "financial"}])
    case = factories.case(briefing={"issue": "Order A-1 came two weeks late"})
    assert re.sub(r"14:5\d|15:00", "TIME", row(visit().open("/"), case)) == (
        "due in TIME Ranked as if due 30 minutes earlier than it is, because a delay costs more: high priority +20"
        " minutes, high risk +5 minutes, its value +5 minutes. Maya R. gold high Order A-1 came two weeks late 350.00"
        " EUR refund order, cannot be undone "
        "refund 350.00 EUR is over 200.00 EUR – Take over Maya R."
    )


@pytest.mark.covers("R70")
def test_each_queue_is_a_lane_in_its_place_also_when_it_is_empty(visit: Visit) -> None:
    factories.policy()
    Queue.objects.create(name="billing", title="Billing approvals", position=1)
    Queue.objects.get_or_create(name="routine")
    factories.case(at=factories.now() - timedelta(minutes=11))
    factories.case()
    assert lanes(visit().open("/")) == ["Billing approvals 0 empty", "Routine 2 oldest 11 min"]


def test_a_lane_with_a_late_case_says_so(visit: Visit) -> None:
    factories.case(at=factories.now() - timedelta(hours=2))
    assert lanes(visit().open("/")) == ["Routine 1 oldest 2 h · late"]


def test_somebody_of_one_queue_sees_that_queue_only(visit: Visit) -> None:
    trigger = {"name": "b", "category": "financial", "when": {"fact": "intent", "is": "refund"}, "outcome": "review"}
    factories.policy(triggers=[trigger | {"queue": "billing"}])
    mine, other = factories.case(), factories.case(intent="other")
    page = visit(queues=["billing"]).open("/")
    assert (rows(page), lanes(page), other.queue_id) == ([mine.pk], ["Billing 1 oldest 0 s"], "routine")


@pytest.mark.covers("R65")
def test_the_order_is_that_of_the_next_best_case(visit: Visit) -> None:
    urgent = {"name": "vip", "category": "segment", "when": {"fact": "customer.tier", "is": "vip"}, "outcome": "review"}
    factories.policy(triggers=[urgent | {"priority": "urgent"}])
    at = factories.now()
    old, new = factories.case(at=at - timedelta(minutes=5)), factories.case(at=at)
    first = factories.case(at=at, customer={"id": "v", "tier": "vip"})
    assert rows(visit().open("/")) == [first.pk, old.pk, new.pk]


def test_a_lane_filters_and_filters_no_longer_when_chosen_again(visit: Visit) -> None:
    Queue.objects.create(name="billing")
    case = factories.case()
    visitor = visit()
    assert rows(visitor.open("/?lane=billing")) == []
    page = visitor.open("/?lane=routine")
    chosen = page.all("a", class_="lane", aria_current="true") or page.all("a", **{"aria-current": "true"})
    assert (rows(page), page.says("h1")) == ([case.pk], ["Routine"])
    assert "/" in {link.attributes["href"] for link in chosen}


def test_the_views_divide_the_work(visit: Visit) -> None:
    visitor, other = visit(), factories.person()
    free, mine = factories.case(), factories.claimed(visitor.user)
    asked = factories.claimed(other)
    questions.ask(asked, reviewer=other, of="agent", text="Which order?", at=factories.now())
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    done = factories.case()
    views = {name: sorted(rows(visitor.open(f"/?view={name}"))) for name in ("open", "mine", "waiting", "done")}
    assert views == {
        "open": sorted([free.pk, mine.pk, asked.pk]),
        "mine": [mine.pk],
        "waiting": [asked.pk],
        "done": [done.pk],
    }


def test_supervisors_also_see_what_will_be_released_unless_stopped(visit: Visit) -> None:
    factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 30}])
    case = factories.case()
    supervisor = visit("supervisor")
    assert "Released unless stopped" in supervisor.open("/").says("a")
    assert rows(supervisor.open("/?view=watched")) == [case.pk]
    assert "Released unless stopped" not in visit().open("/").says("a")


def test_holders_are_named_and_ones_own_case_says_you(visit: Visit) -> None:
    visitor = visit()
    mine = factories.claimed(visitor.user)
    theirs = factories.claimed(factories.person(first_name="Ben", last_name="Kessler"))
    page = visitor.open("/")
    assert (row(page, mine).endswith(" you Take over Maya R."), row(page, theirs).endswith(" Ben K.")) == (True, True)
    assert [r.attributes["class"] for r in page.all("tr") if r.attributes.get("class")] == ["mine", "held"]


@pytest.mark.parametrize(
    ("role", "offered"), [("reviewer", [True, False]), ("supervisor", [True, True]), ("auditor", [])]
)
def test_whoever_may_take_a_conversation_over_can_do_it_from_its_row(
    visit: Visit, role: str, offered: list[bool]
) -> None:
    cases = [factories.case(), factories.claimed(factories.person())]
    page = visit(role).open("/?least=1")
    acts = {each.attributes["href"] for each in page.all("a", class_="row-act")}
    assert acts == {f"/cases/{case.pk}/?least=1&do=take-over" for case, may in zip(cases, offered, strict=False) if may}


@pytest.mark.parametrize(("words", "found"), [("maya", 1), ("late birthday", 1), ("jonas", 0), ("cus-x", 1)])
def test_search_finds_customer_and_issue(visit: Visit, words: str, found: int) -> None:
    factories.case(customer={"id": "cus-x", "name": "Maya R."}, briefing={"issue": "Late for the birthday"})
    assert len(rows(visit().open(f"/?q={words}"))) == found


def test_a_search_that_finds_nothing_says_so_and_offers_the_way_back(visit: Visit) -> None:
    factories.case()
    page = visit().open("/?q=<script>&lane=routine")
    assert "No case matches this search here." in page.text
    assert page.all("script", src="") == []
    (clear,) = [link for link in page.all("a") if link.text == "Clear the search"]
    assert clear.attributes["href"] == "/?lane=routine"


def test_a_search_that_finds_nothing_open_leads_on_to_what_is_done_and_back(visit: Visit) -> None:
    visitor = visit()
    (on,) = [link for link in visitor.open("/?q=maya&lane=legal").all("a") if link.text == "Search all that is done"]
    assert on.attributes["href"] == "/?view=done&q=maya"
    (back,) = [link for link in visitor.open("/?view=done&q=ben").all("a") if link.text == "Search all that is open"]
    assert back.attributes["href"] == "/?q=ben"


def test_a_search_for_a_word_of_nearly_every_case_says_what_it_looked_at(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.case()
    said = "only the newest 1 of them were looked at"
    assert said not in visit().open("/?q=maya").text
    monkeypatch.setattr(search, "NEWEST", 1)
    assert said in visit().open("/?q=maya").text
    assert said not in visit().open("/?q=nobody").text


def test_a_page_searches_once(visit: Visit) -> None:
    factories.case(customer={"id": "x", "name": "Maya"})
    visitor = visit()
    with CaptureQueriesContext(connection) as asked:
        assert len(rows(visitor.open("/?q=maya"))) == 1
    assert sum(wordindex.TABLE in query["sql"] for query in asked) == 1


def test_fifty_rows_a_page_and_the_rest_behind_a_link(visit: Visit) -> None:
    cases = [factories.case() for _each in range(52)]
    visitor = visit()
    first = visitor.open("/")
    (more,) = [link for link in first.all("a") if link.text == "Next 50"]
    second = visitor.open(more.attributes["href"])
    assert (len(rows(first)), len(rows(second))) == (50, 2)
    assert sorted(rows(first) + rows(second)) == sorted(case.pk for case in cases)


def test_a_cursor_or_view_that_is_none_of_ours_starts_from_the_top(visit: Visit) -> None:
    case = factories.case()
    page = visit().open("/?cursor=nonsense&view=nonsense&lane=")
    assert (page.status, rows(page)) == (200, [case.pk])


def test_an_empty_queue_says_so(visit: Visit) -> None:
    factories.policy()
    assert "Nothing is waiting. New cases appear here by themselves." in visit().open("/").text


@pytest.mark.covers("R91")
def test_an_administrator_sees_no_case(visit: Visit) -> None:
    factories.case()
    page = visit("admin").open("/")
    assert (rows(page), "Your role sets the rules and sees no customer's text." in page.text) == ([], True)
    assert "Maya" not in page.source


def test_the_next_best_case_is_claimed_and_opened(visit: Visit) -> None:
    case, visitor = factories.case(), visit()
    page = visitor.press(visitor.open("/"), "Next best case", on="/queue/next")
    case.refresh_from_db()
    assert (case.state, case.claimed_by, page.says("h1")) == (
        "claimed",
        visitor.user,
        ["Refund order: 350.00 EUR · Maya R."],
    )


def test_next_stays_in_the_chosen_lane_and_says_when_there_is_nothing(visit: Visit) -> None:
    Queue.objects.create(name="billing")
    case, visitor = factories.case(), visit()
    page = visitor.press(visitor.open("/?lane=billing"), "Next best case", on="/queue/next")
    case.refresh_from_db()
    assert (case.state, page.says("li", class_="info"), page.says("h1")) == (
        "queued",
        ["Nothing waits for you here right now."],
        ["Billing"],
    )


@pytest.mark.parametrize("role", ["qa_lead", "auditor", "admin"])
def test_who_does_not_decide_is_offered_no_next_case(visit: Visit, role: str) -> None:
    factories.policy()
    assert "Next best case" not in visit(role).open("/").says("button")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_the_same_whatever_its_length(
    visit: Visit, django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    for _each in range(count):
        factories.claimed(factories.person())
    visitor = visit(queues=["routine"])
    # Session and user; newest event; which rows, the rows, who is at them; memberships, twice; agents and saved views;
    # queues, counts and pace of the lanes; batches and decisions that can be undone.
    with django_assert_num_queries(15):
        assert len(rows(visitor.open("/"))) == count


class TestChanges:
    """What a page asks for when it hears that cases changed."""

    def test_a_row_that_is_shown_comes_back_as_it_is_now(self, visit: Visit) -> None:
        case = factories.case()
        visitor = visit()
        claims.claim(case, reviewer=factories.person(first_name="Ben", last_name="K"), at=factories.now())
        page = visitor.open(f"/queue/changes?shown={case.pk}&changed={case.pk}")
        targets = [part.attributes["hx-target"] for part in page.all("hx-partial")]
        assert (targets, rows(page)) == (["#lanes", f"#row-{case.pk}", "#newer"], [case.pk])
        assert row(page, case).endswith(" Ben K.")

    @pytest.mark.covers("R72")
    def test_new_cases_are_counted_and_not_put_in_between(self, visit: Visit) -> None:
        shown, new = factories.case(), factories.case()
        page = visit().open(f"/queue/changes?shown={shown.pk}&new={new.pk}")
        assert (rows(page), page.says("a", class_="newer")) == ([], ["1 new · show"])
        assert page.all("div", id="newer")[0].attributes["data-new"] == new.pk

    def test_a_new_case_of_another_lane_is_not_announced(self, visit: Visit) -> None:
        new = factories.case()
        assert visit().open(f"/queue/changes?lane=billing&new={new.pk}").says("a", class_="newer") == []

    def test_a_row_that_left_for_a_queue_one_may_not_see_says_no_more_than_that(self, visit: Visit) -> None:
        Queue.objects.create(name="security")
        visitor, case = visit(queues=["routine"]), factories.case()
        Case.objects.filter(pk=case.pk).update(queue_id="security")
        page = visitor.open(f"/queue/changes?shown={case.pk}&changed={case.pk}")
        assert page.says("td") == ["This case went to another queue."]
        assert "Maya" not in page.source

    def test_without_a_socket_a_page_asks_what_happened_after_what_it_knows(self, visit: Visit) -> None:
        shown = factories.case()
        seq = events.newest()
        claims.claim(shown, reviewer=factories.person(), at=factories.now())
        new = factories.case()
        page = visit().open(f"/queue/changes?shown={shown.pk}&after={seq}")
        newer = page.all("div", id="newer")[0].attributes
        assert (rows(page), newer["data-new"], newer["data-seq"]) == ([shown.pk], new.pk, str(events.newest()))

    def test_whoever_is_signed_out_is_sent_to_the_door(self) -> None:
        answer = Visitor().open("/queue/changes", headers={"HX-Request": "true"}).response
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in/")

    def test_the_lanes_beside_a_case_can_be_fetched_alone(self, visit: Visit) -> None:
        factories.case()
        assert visit().open("/queue/lanes").says("a") == ["Routine 1"]
