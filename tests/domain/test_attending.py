"""Who is at a case: told to colleagues, believed for a short time."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue import presence
from reviewqueue.domain import attending
from reviewqueue.models import Attendance, Case, Event, Presence
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db


def at_case(case: Case, *, at: Any = None, but: int | None = None) -> list[tuple[int, str]]:
    found = presence.of([case.pk], at=at or factories.now(), but=but)
    return [(each.user_id, each.doing) for each in found.get(case.pk, [])]


def whispers() -> int:
    return Event.objects.filter(kind="presence.changed").count()


def test_colleagues_see_who_looks_and_who_edits_and_nobody_sees_themselves() -> None:
    case, ana, ben = factories.case(), factories.person(), factories.person()
    attending.attend(case, person=ana, doing="viewing", at=factories.now())
    attending.attend(case, person=ben, doing="editing", at=factories.now())
    assert at_case(case) == [(ben.pk, "editing"), (ana.pk, "viewing")]
    assert at_case(case, but=ana.pk) == [(ben.pk, "editing")]


def test_only_news_are_whispered_and_nothing_stands_in_the_record() -> None:
    case, ana, at = factories.case(), factories.person(), factories.now()
    entries = Entry.objects.count()
    for doing, seconds in (("viewing", 0), ("viewing", 20), ("editing", 40), ("editing", 60), ("editing", 200)):
        attending.attend(case, person=ana, doing=doing, at=at + timedelta(seconds=seconds))
    assert (whispers(), Entry.objects.count(), Presence.objects.count()) == (3, entries, 1)
    event = Event.objects.filter(kind="presence.changed").latest("id")
    assert (event.case_id, event.version, event.data) == (case.pk, case.version, {})


def test_whoever_is_not_heard_of_is_believed_no_longer() -> None:
    case, ana, at = factories.case(), factories.person(), factories.now()
    attending.attend(case, person=ana, doing="viewing", at=at)
    soon, late = at + timedelta(seconds=44), at + presence.BELIEVED
    assert (at_case(case, at=soon), at_case(case, at=late)) == ([(ana.pk, "viewing")], [])
    assert (presence.forget_old(at=soon), presence.forget_old(at=late), Presence.objects.count()) == (0, 1, 0)


def test_whoever_leaves_is_gone_and_leaving_twice_is_no_news() -> None:
    case, ana, at = factories.case(), factories.person(), factories.now()
    attending.attend(case, person=ana, doing="viewing", at=at)
    attending.leave(case, person=ana, at=at)
    attending.leave(case, person=ana, at=at)
    assert (at_case(case), whispers()) == ([], 2)


def test_nobody_is_at_a_case_that_they_may_not_see_or_does_what_there_is_not() -> None:
    case = factories.case()
    for person, doing, slug in (
        (factories.person(queues=["legal"]), "viewing", "not-found"),
        (factories.person(), "typing", "invalid-request"),
    ):
        with pytest.raises(Refusal) as refused:
            attending.attend(case, person=person, doing=doing, at=factories.now())
        assert refused.value.slug == slug


def test_who_is_idle_is_not_seen_at_work() -> None:
    person, at = factories.person(), factories.now()
    case = factories.case()
    attending.attend(case, person=person, doing="idle", at=at)
    assert not Attendance.objects.filter(user=person).exists()
    attending.attend(case, person=person, doing="viewing", at=at)
    assert Attendance.objects.get(user=person).seen_at == at
