"""Calendars, service levels and rosters in the admin: explained, previewed, recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from audit.models import Entry
from reviewqueue.models import Calendar, Certificate, Mark, Queue, ServiceLevel, Shift, WorkRules
from reviewqueue.models.hours import WEEK
from tests import factories
from tests.domain import planned
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
OFFICE = dict.fromkeys(WEEK[:5], "09:00-18:00") | {"name": "Office", "zone": "Europe/Berlin", "country": "DE"}
LEVEL = {
    "name": "Gold",
    "position": 10,
    "active": "on",
    "priority": 2,
    "decide_within": "0:30:00",
    "on_expiry": "expire",
    "pause_for_customer": "on",
    "pause_for_agent": "on",
}
MARKS = {
    "marks-TOTAL_FORMS": 2,
    "marks-INITIAL_FORMS": 0,
    "marks-0-of": "decide",
    "marks-0-share": 50,
    "marks-1-of": "decide",
    "marks-1-share": 100,
    "marks-1-tell_role": "supervisor",
}


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    return visit("admin", first_name="Adam", last_name="Frei", username="adam")


def post(admin: Visitor, address: str, **fields: Any) -> Page:
    return Page(admin.client.post(f"/admin/reviewqueue/{address}", fields, follow=True))


@pytest.mark.covers("R35", "R68")
def test_a_service_level_shows_that_a_case_of_friday_evening_is_due_on_monday(visit: Visit) -> None:
    with time_machine.travel(datetime(2026, 11, 27, 9, tzinfo=UTC), tick=False):
        admin = visit("admin")
        post(admin, "calendar/add/", **OFFICE)
        post(admin, "servicelevel/add/", calendar=Calendar.objects.get().pk, **LEVEL, **MARKS)
        level = ServiceLevel.objects.get()
        page = admin.open(f"/admin/reviewqueue/servicelevel/{level.pk}/change/")
    assert "A case of high priority that arrives Friday, 27 November, 17:50" in page.text
    assert "Monday, 30 November, 09:20: 100 % · time to decide" in page.text
    assert "Monday, 30 November, 09:05: 50 % · time to decide" in page.text
    kinds = list(Entry.objects.filter(subject=f"service:{level.pk}").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["service.created", "service.changed"]


def test_a_level_that_is_taken_away_is_recorded_and_nothing_changed_is_nothing_recorded(admin: Visitor) -> None:
    level = planned.service(("decide", 50), ("decide", 80), name="Gold", priority=2)
    first, second = Mark.objects.order_by("share")
    held = {"marks-0-id": first.pk, "marks-1-id": second.pk, "marks-INITIAL_FORMS": 2, "marks-1-share": 80}
    form = LEVEL | MARKS | held | {"position": 100, "decide_within": "1:00:00", "marks-1-tell_role": ""}
    form |= {"marks-0-service": level.pk, "marks-1-service": level.pk}
    before = Entry.objects.count()
    post(admin, f"servicelevel/{level.pk}/change/", **form)
    assert Entry.objects.count() == before
    post(admin, f"servicelevel/{level.pk}/change/", **form | {"marks-1-DELETE": "on"})
    body = Entry.objects.latest("id").data["levels"]
    assert [[mark["share"] for mark in body[when]] for when in ("before", "after")] == [[50, 80], [50]]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"monday": "9 to 5"}, "“9 to 5” cannot be read; write 09:00-12:00, 13:00-17:30."),
        ({"zone": "Berlin"}, "There is no such time zone; write Europe/Berlin, for example."),
        ({"country": "XX"}, "Its public holidays are not known."),
        ({"region": "ZZ"}, "Its public holidays are not known."),
        ({"days": "24 Dec"}, "“24 Dec” cannot be read; write 09:00-12:00, 13:00-17:30."),
        (dict.fromkeys(WEEK, ""), "Somebody must be there some time of the week."),
    ],
)
def test_a_calendar_says_beside_the_field_what_it_cannot_count_with(
    admin: Visitor, wrong: dict[str, str], says: str
) -> None:
    page = post(admin, "calendar/add/", **OFFICE | wrong)
    assert (says in page.text, Calendar.objects.count()) == (True, 0)


def test_a_calendar_shows_its_next_days(visit: Visit) -> None:
    with time_machine.travel(datetime(2026, 12, 23, 9, tzinfo=UTC), tick=False):
        admin = visit("admin")
        post(admin, "calendar/add/", **OFFICE, days="2026-12-24 09:00-12:00 # Christmas Eve")
        page = admin.open(f"/admin/reviewqueue/calendar/{Calendar.objects.get().pk}/change/")
    assert "Thu, 24 December: 09:00-12:00" in page.text
    assert "Fri, 25 December: closed" in page.text


def test_a_queue_takes_owner_hours_words_and_the_next_queue(admin: Visitor) -> None:
    owner, night = factories.person("supervisor"), Queue.objects.create(name="night")
    targets = {"position": 5, "urgent_seconds": 60, "high_seconds": 600, "normal_seconds": 3600, "low_seconds": 7200}
    more = {"owner": owner.pk, "languages": "de, en,", "certificates": "gdpr", "overflow_after": "0:10:00"}
    page = post(admin, "queue/add/", name="billing", **targets, **more)
    assert "Choose where cases go then." in page.text
    post(admin, "queue/add/", name="billing", **targets, **more, overflow_to="night")
    queue = Queue.objects.get(name="billing")
    assert (queue.owner, queue.languages, queue.certificates, queue.overflow_to) == (
        owner,
        ["de", "en"],
        ["gdpr"],
        night,
    )
    page = post(admin, "queue/billing/change/", **targets, overflow_to="billing")
    assert "Choose another queue." in page.text


def test_shifts_and_certificates_can_be_taken_away_and_both_is_recorded(admin: Visitor) -> None:
    person, hours = factories.person(), planned.calendar()
    post(admin, "shift/add/", user=person.pk, calendar=hours.pk)
    post(admin, "certificate/add/", user=person.pk, name="gdpr")
    for address in (f"shift/{Shift.objects.get().pk}/delete/", f"certificate/{Certificate.objects.get().pk}/delete/"):
        post(admin, address, post="yes")
    assert (Shift.objects.count(), Certificate.objects.count()) == (0, 0)
    told = Entry.objects.filter(subject=f"user:{person.reference}").order_by("seq").values_list("kind", flat=True)
    assert list(told) == ["roster.created", "certificate.created", "roster.removed", "certificate.removed"]


def test_there_is_one_row_of_working_rules(admin: Visitor) -> None:
    form = {"break_after": "1:00:00", "break_decisions": 40, "break_length": "0:15:00", "hard_in_a_row": 2}
    post(admin, "workrules/add/", **form, idle_after="0:20:00", longest="", calls_per_hour=4)
    rules = WorkRules.objects.get()
    assert (rules.break_length, rules.calls_per_hour) == (timedelta(minutes=15), 4)
    assert admin.open("/admin/reviewqueue/workrules/add/").status == 403
