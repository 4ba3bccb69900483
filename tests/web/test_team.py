"""The team page: one's own day for everybody, and for supervisors who is there, what waits and who is on when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import attendance, claims, escalation
from reviewqueue.models import Attendance
from reviewqueue.queries import accuracy
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R74")]
Visit = Callable[..., Visitor]


def sections(page: Page) -> list[str]:
    return [" ".join(title.split()) for title in page.says("h2") if title]


def pressed(visitor: Visitor) -> list[str]:
    """What every page says that one is."""
    buttons = visitor.open("/account/").all("button")
    return [each.attributes["value"] for each in buttons if each.attributes.get("aria-pressed") == "true"]


def test_a_reviewer_sees_their_own_day_and_nobody_elses(visit: Visit) -> None:
    factories.person(first_name="Unmistakable")
    page = visit().open("/team/")
    assert (page.status, "Unmistakable" in page.text) == (200, False)
    assert "Escalated to you" in page.text
    assert "Without a pause" not in page.text


@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("admin", 403), ("supervisor", 200)])
def test_the_page_is_for_those_who_decide_or_supervise(visit: Visit, role: str, status: int) -> None:
    assert visit(role).open("/team/").status == status


def test_one_says_what_one_is_and_stays_where_one_was(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.client.post("/team/status", {"status": "busy", "back": "/account/"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert Attendance.objects.get().status == "busy"
    assert pressed(visitor) == ["busy"]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away_by_saying_what_they_are(visit: Visit, back: str) -> None:
    answer = visit().client.post("/team/status", {"status": "away", "back": back})
    assert answer["Location"] == "/team/"


def test_what_is_no_status_is_refused(visit: Visit) -> None:
    assert visit().client.post("/team/status", {"status": "asleep"}).status_code == 422
    assert Attendance.objects.get().status == "available"


def test_keys_and_status_are_kept_side_by_side(visit: Visit) -> None:
    visitor = visit()
    visitor.client.post("/team/status", {"status": "away"})
    visitor.client.post("/habits/", {"advance": "on", "keys_on": "on"})
    assert pressed(visitor) == ["away"]


@pytest.mark.covers("R69")
def test_what_is_escalated_to_a_role_or_a_person_is_on_their_page(visit: Visit) -> None:
    lead, named, other = visit("supervisor"), visit(), visit()
    planned.service(("decide", 50, {"tell_role": "supervisor", "offer_to": named.user}))
    at = factories.now() - 40 * MINUTE
    factories.case(at=at, customer={"id": "c", "name": "Maya Escalated"})
    escalation.fire_due(at=at + 31 * MINUTE)
    assert ["Maya Escalated" in each.open("/team/").text for each in (lead, named, other)] == [True, True, False]


def test_a_supervisor_sees_who_is_there_and_what_waits(visit: Visit) -> None:
    at = factories.now()
    lead = visit("supervisor")
    ana = factories.person(first_name="Ana", last_name="Busy", queues=["routine"])
    attendance.set_status(ana, status="busy", at=at)
    planned.shift(ana, planned.calendar(every_day="00:00-24:00"))
    planned.queue("night", calendar=planned.calendar("never open today", every_day="", sunday="00:00-00:01"))
    factories.case(at=at - 2 * HOUR)
    claims.claim(factories.case(at=at), reviewer=ana, at=at)
    page = lead.open("/team/")
    rows = [" ".join(row.split()) for row in page.says("tr")]
    (routine,) = [row for row in rows if row.startswith("Routine 2")]
    assert routine.startswith("Routine 2 1 ")
    assert "2 of 2" in routine
    (mine,) = [row for row in rows if row.startswith("Ana B.") and "since" in row]
    assert "busy" in mine
    (roster,) = [row for row in rows if row.startswith("Ana B.") and "00:00-24:00" in row]
    assert roster.count("00:00-24:00") == 7


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_asks_the_same_for_one_colleague_and_for_three(
    visit: Visit, people: int, django_assert_num_queries: Any
) -> None:
    lead, hours = visit("supervisor"), planned.calendar()
    for _each in range(people):
        planned.shift(factories.person(), hours)
    factories.case()
    lead.open("/team/")
    with django_assert_num_queries(26):
        lead.open("/team/")


@pytest.mark.covers("R36", "R122")
def test_the_first_queue_was_right_unless_a_person_passed_the_case_on() -> None:
    me, at = factories.person("supervisor"), factories.now()
    billing = planned.queue("billing")
    for wrong in (False, False, True):
        case = factories.case(at=at)
        if wrong:
            claims.reassign(case, reviewer=me, to_queue=billing, at=at)
        factories.decide(claims.claim(case, reviewer=me, at=at), me, at=at)
    (routing,) = accuracy.of_first_queues(since=at - HOUR, until=at + timedelta(seconds=1))
    assert (routing.queue, routing.decided, routing.right, routing.percent) == ("routine", 3, 2, 66)
    assert dict(routing.passed_to) == {"billing": 1}


@pytest.mark.covers("R122")
def test_what_only_the_clock_moved_counts_as_right_where_it_came_first() -> None:
    planned.queue(overflow_to=planned.queue("second"), overflow_after=MINUTE)
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    escalation.fire_due(at=at + 2 * MINUTE)
    later = at + 3 * MINUTE
    factories.decide(claims.claim(case, reviewer=me, at=later), me, at=later)
    (routing,) = accuracy.of_first_queues(since=at, until=at + HOUR)
    assert (routing.queue, routing.decided, routing.right) == ("routine", 1, 1)


def test_a_break_is_suggested_to_the_person_with_their_next_case(visit: Visit) -> None:
    visitor, start = visit(), factories.now() - timedelta(minutes=98)
    for minutes in range(0, 99, 9):
        at = start + minutes * MINUTE
        factories.decide(claims.claim(factories.case(at=at), reviewer=visitor.user, at=at), visitor.user, at=at)
    factories.case()
    says = "A short break would do you good"
    page = Page(visitor.client.post("/queue/next", follow=True))
    assert says in page.text
    factories.case()
    assert says not in Page(visitor.client.post("/queue/next", follow=True)).text
