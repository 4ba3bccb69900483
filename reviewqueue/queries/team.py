"""Who is on: what people say of themselves, when they were last seen, and what the roster says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, Min, Q

from reviewqueue.engine import business_time, opening_times
from reviewqueue.models import Absence, Attendance, Availability, Case, Decision, Queue, Shift, State, WorkRules
from reviewqueue.queries import promises
from reviewqueue.rules import Permission, queue_names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

OFF: Final = "off"
_A_DAY: Final = timedelta(days=1)
_LONGEST_STRETCH: Final = timedelta(hours=12)
_LOOKED_AT: Final = 5000


@dataclass(frozen=True, slots=True)
class Duty:
    """What the roster says of a person: ``on`` or not (``None``: it says nothing), and when that changes.

    ``queues``: where they are on now; none of them named means in all of theirs.
    """

    on: bool | None = None
    changes_at: datetime | None = None
    queues: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person can be reached: ``available``, ``busy``, ``away`` or ``off``; ``idle``: away because silent."""

    status: str
    since_at: datetime | None
    duty: Duty
    idle: bool = False

    @property
    def there(self) -> bool:
        """Do they work now?"""
        return self.status in {Availability.AVAILABLE, Availability.BUSY}


def work_rules() -> WorkRules:
    """Those of this desk; the defaults while nobody set any."""
    return WorkRules.objects.first() or WorkRules()


def deciders() -> list[Any]:
    """Everybody who may decide cases, by name."""
    users: Any = get_user_model()._default_manager.filter(is_active=True)  # noqa: SLF001 - Django's documented name
    return [user for user in users.order_by("first_name", "username") if user.may(Permission.DECIDE)]


def nobody_on(queue: Queue, *, at: datetime) -> bool:
    """Is everybody who works in a queue away or off?"""
    people = [person for person in deciders() if person.may(Permission.SEE_ALL_QUEUES) or person.all_queues]
    members = get_user_model()._default_manager.filter(memberships__queue=queue, is_active=True)  # noqa: SLF001 - Django's documented name
    people += [person for person in members if person.may(Permission.DECIDE)]
    standing = standings({person.pk for person in people}, at=at)
    return not any(each.there and _serves(each.duty, queue) for each in standing.values())


def standings(people: Collection[int], *, at: datetime) -> dict[int, Standing]:
    """Of each of these people, in four queries."""
    idle_after, duty = work_rules().idle_after, duties(people, at=at)
    told = {row.user_id: row for row in Attendance.objects.filter(user_id__in=people)}
    return {person: _standing(told.get(person), duty[person], at, at - idle_after) for person in people}


def duties(people: Collection[int], *, at: datetime) -> dict[int, Duty]:
    """What the roster says of each of these people, in two queries."""
    shifts: dict[int, list[Shift]] = defaultdict(list)
    for shift in Shift.objects.filter(user_id__in=people).select_related("calendar"):
        shifts[shift.user_id].append(shift)
    days = Q(from_on__lte=at.date() + _A_DAY, until_on__gte=at.date() - _A_DAY)
    absent: dict[int, list[Absence]] = defaultdict(list)
    for absence in Absence.objects.filter(days, user_id__in=people):
        absent[absence.user_id].append(absence)
    return {person: _duty(shifts[person], absent[person], at) for person in people}


@dataclass(frozen=True, slots=True)
class Member:
    """A colleague as a supervisor sees them: reachable, with how much in hand, since when without a pause."""

    person: Any
    standing: Standing
    holds: int
    most: int
    since_at: datetime | None
    tired: bool


@dataclass(frozen=True, slots=True)
class Crew:
    """A queue and who serves it: what waits, how much of it is late, who of whom is there, and when that changes."""

    queue: Queue
    waiting: int
    late: int
    oldest_at: datetime | None
    there: int
    members: int
    open: bool
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Week:
    """A person's next days: for each day when they are on, as their calendar writes it; empty: off."""

    person: Any
    days: list[str]


def members(*, at: datetime) -> list[Member]:
    """Everybody who may decide, by name."""
    people, working = deciders(), work_rules()
    keys = [person.pk for person in people]
    standing, since = standings(keys, at=at), at_it_since(keys, working, at=at)
    held = Case.objects.filter(state=State.CLAIMED, claimed_by_id__in=keys, claim_expires_at__gt=at)
    holds = dict(held.order_by().values_list("claimed_by_id").annotate(Count("pk")))
    return [
        Member(
            person=person,
            standing=standing[person.pk],
            holds=holds.get(person.pk, 0),
            most=settings.CLAIMS_AT_ONCE if person.capacity is None else person.capacity,
            since_at=since.get(person.pk),
            tired=person.pk in since and at - since[person.pk] >= working.break_after,
        )
        for person in people
    ]


def at_it_since(people: Collection[int], working: WorkRules, *, at: datetime) -> dict[int, datetime]:
    """Since when each of these people works without a pause, as far as decisions show it; who does not is left out."""
    lately = Decision.objects.filter(decided_by_id__in=people, decided_at__gt=at - _LONGEST_STRETCH, decided_at__lte=at)
    since: dict[int, datetime] = {}
    ended: set[int] = set()
    for person, decided_at in lately.order_by("-decided_at").values_list("decided_by_id", "decided_at")[:_LOOKED_AT]:
        if person in ended or person is None:
            continue
        if since.get(person, at) - decided_at >= working.break_length:
            ended.add(person)
        else:
            since[person] = decided_at
    return since


def crews(found: Sequence[Member], *, at: datetime) -> list[Crew]:
    """Every queue in its place."""
    queues = queue_names_of([member.person for member in found])
    rows = Case.objects.filter(rank_at__isnull=False).order_by().values("queue_id")
    late = Count("pk", filter=Q(due_at__lte=at))
    counted = {row["queue_id"]: row for row in rows.annotate(n=Count("pk"), late=late, oldest=Min("created_at"))}
    return [_crew(queue, found, queues, counted.get(queue.pk, {}), at) for queue in Queue.objects.all()]


def _crew(
    queue: Queue,
    found: Sequence[Member],
    queues: Mapping[int, frozenset[str] | None],
    counted: Mapping[str, Any],
    at: datetime,
) -> Crew:
    own = [each for each in found if (names := queues[each.person.pk]) is None or queue.pk in names]
    hours = promises.hours(queue)
    is_open = business_time.is_open(at, hours)
    return Crew(
        queue=queue,
        waiting=counted.get("n", 0),
        late=counted.get("late", 0),
        oldest_at=counted.get("oldest"),
        there=sum(each.standing.there and _serves(each.standing.duty, queue) for each in own),
        members=len(own),
        open=is_open,
        changes_at=business_time.closes_at(at, hours) if is_open else business_time.opens_at(at, hours),
    )


def week(people: Sequence[Any], *, at: datetime) -> tuple[list[date], list[Week]]:
    """The next seven days of everybody who has shifts."""
    days = [at.date() + timedelta(days=n) for n in range(7)]
    shifts: dict[int, list[Shift]] = defaultdict(list)
    keys = [person.pk for person in people]
    for shift in Shift.objects.filter(user_id__in=keys).select_related("calendar", "queue"):
        shifts[shift.user_id].append(shift)
    absent = list(Absence.objects.filter(user_id__in=keys, from_on__lte=days[-1], until_on__gte=days[0]))
    planned = [person for person in people if shifts[person.pk]]
    return days, [Week(person, [_on(shifts[person.pk], absent, day) for day in days]) for person in planned]


def _on(shifts: Sequence[Shift], absent: Sequence[Absence], day: date) -> str:
    person = shifts[0].user_id
    if any(a.user_id == person and a.from_on <= day <= a.until_on for a in absent):
        return ""
    on = [shift for shift in shifts if within(shift, day)]
    times = [opening_times.told(shift.calendar.hours.spans(day)) for shift in on]
    return ", ".join(time for time in times if time)


def _serves(duty: Duty, queue: Queue) -> bool:
    return not duty.queues or queue.pk in duty.queues


def _standing(told: Attendance | None, duty: Duty, at: datetime, idle_since: datetime) -> Standing:
    if duty.on is False:
        return Standing(OFF, duty.changes_at, duty)
    if told is None:
        return Standing(Availability.AWAY, None, duty)
    if told.status != Availability.AWAY and told.seen_at <= idle_since:
        return Standing(Availability.AWAY, told.seen_at, duty, idle=True)
    return Standing(told.status, min(told.since_at, at), duty)


def _duty(shifts: Sequence[Shift], absences: Iterable[Absence], at: datetime) -> Duty:
    zone = next((shift.calendar.zone for shift in shifts), settings.TIME_ZONE)
    if any(absence.from_on <= _day(at, zone) <= absence.until_on for absence in absences):
        return Duty(on=False)
    running = [shift for shift in shifts if _runs(shift, at)]
    if not running:
        return Duty(on=False) if shifts else Duty()
    now = [shift for shift in running if business_time.is_open(at, shift.calendar.hours)]
    if not now:
        return Duty(on=False, changes_at=min(business_time.opens_at(at, shift.calendar.hours) for shift in running))
    ends = [end for shift in now if (end := business_time.closes_at(at, shift.calendar.hours))]
    named = frozenset(shift.queue_id for shift in now if shift.queue_id)
    return Duty(on=True, changes_at=max(ends, default=None), queues=named if len(named) == len(now) else frozenset())


def _runs(shift: Shift, at: datetime) -> bool:
    return within(shift, _day(at, shift.calendar.zone))


def within(shift: Shift, day: date) -> bool:
    """Does a shift run on this day of its calendar?"""
    return (shift.from_on is None or shift.from_on <= day) and (shift.until_on is None or day <= shift.until_on)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
