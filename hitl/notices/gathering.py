"""From what happened to notices: each thing once for each person who wants to know, whoever looks and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from hitl.accounts.models import User
from hitl.notices.models import Gathered, How, Kind, Notice, Wishes
from reviewqueue.models import OPEN, Alarm, Case, Mention, ServiceAlert
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Rows of transactions that ended late are met a second time; one who was told is not told again.
_OVERLAP: Final = timedelta(minutes=5)
# After a long outage nobody wants to read of what was over long ago.
_FARTHEST: Final = timedelta(days=3)
_MOST: Final = 2000
_MONDAY: Final = 0
_MORNING: Final = 8


def gather(*, at: datetime) -> int:
    """Make the notices of what happened since the last time; returns how many are new."""
    found = Gathered.objects.first()
    since = max((found.until if found else at) - _OVERLAP, at - _FARTHEST)
    wanted = list(_wanted(since, at))
    with transaction.atomic():
        before = Notice.objects.count() if wanted else 0
        Notice.objects.bulk_create(wanted, ignore_conflicts=True)
        after = Notice.objects.count() if wanted else 0
        Gathered.objects.update_or_create(pk=1, defaults={"until": at})
    return after - before


def forget_old(*, at: datetime) -> int:
    """What was told a month ago is of no use to anybody."""
    from hitl.notices.models import Mail  # noqa: PLC0415 - housekeeping alone removes letters

    old = Mail.objects.filter(created_at__lt=at - timedelta(days=30)).exclude(state=Mail.State.PENDING)
    return old.delete()[0]


def _wanted(since: datetime, at: datetime) -> Iterator[Notice]:
    readers = _Readers()
    yield from _alarms(readers, since)
    yield from _escalations(readers, since)
    yield from _assignments(readers, at)
    yield from _mentions(readers, since)
    yield from _weekly(readers, at)


class _Readers:
    """Everybody who can get a letter, with what they want; two queries."""

    def __init__(self) -> None:
        self.people = {user.pk: user for user in User.objects.filter(is_active=True).exclude(email="")}
        self.wishes = {each.user_id: each for each in Wishes.objects.filter(user_id__in=self.people)}

    def want(self, kind: Kind, people: Iterable[int]) -> list[int]:
        """Those of these people who want to be told of such things."""
        return [pk for pk in people if pk in self.people and how(self.wishes.get(pk), kind) != How.NEVER]

    def who_may(self, *rights: Permission) -> list[int]:
        """Those with one of these rights."""
        return [pk for pk, person in self.people.items() if any(person.may(right) for right in rights)]

    def with_role(self, role: str) -> list[int]:
        """Those with a role."""
        return [pk for pk, person in self.people.items() if person.role == role]


def how(wishes: Wishes | None, kind: str) -> str:
    """How soon somebody wants to be told of such things."""
    return str(getattr(wishes or Wishes(), kind))


def _notices(
    readers: _Readers, kind: Kind, people: Iterable[int], key: str, at: datetime, **about: Any
) -> Iterator[Notice]:
    for pk in readers.want(kind, people):
        yield Notice(user_id=pk, kind=kind, key=key, about=about, at=at)


def _alarms(readers: _Readers, since: datetime) -> Iterator[Notice]:
    watchers = readers.who_may(Permission.SUPERVISE, Permission.PAUSE)
    for alarm in Alarm.objects.filter(raised_at__gt=since)[:_MOST]:
        yield from _notices(readers, Kind.ALARM, watchers, alarm.pk, alarm.raised_at, alarm=alarm.pk)


def _escalations(readers: _Readers, since: datetime) -> Iterator[Notice]:
    levels = ServiceAlert.objects.filter(fired_at__gt=since).exclude(told=None, told_role="")
    for level in levels.order_by("-id")[:_MOST]:
        people = {*readers.with_role(level.told_role or "-"), *([level.told_id] if level.told_id else [])}
        key, told = f"level:{level.pk}", {"case": level.case_id, "of": level.of, "share": level.share}
        yield from _notices(readers, Kind.ESCALATION, people, key, level.fired_at, **told)


def _assignments(readers: _Readers, at: datetime) -> Iterator[Notice]:
    kept = Case.objects.filter(rank_at__isnull=False, offered_to__isnull=False, offered_until__gt=at, state__in=OPEN)
    for case, user, until in kept.values_list("pk", "offered_to_id", "offered_until")[:_MOST]:
        key = f"offer:{case}:{until and int(until.timestamp())}"
        yield from _notices(readers, Kind.ASSIGNMENT, [user], key, at, case=case)


def _mentions(readers: _Readers, since: datetime) -> Iterator[Notice]:
    for each in Mention.objects.filter(at__gt=since)[:_MOST]:
        yield from _notices(
            readers, Kind.MENTION, [each.user_id], f"mention:{each.pk}", each.at, case=each.case_id, by=each.by_id
        )


def _weekly(readers: _Readers, at: datetime) -> Iterator[Notice]:
    """On Monday morning, of the week before; who was not reached then gets it later in the day."""
    local = timezone.localtime(at)
    if local.weekday() == _MONDAY and local.hour >= _MORNING:
        until = local.replace(hour=0, minute=0, second=0, microsecond=0)
        people = readers.who_may(Permission.SUPERVISE, Permission.CONFIGURE, Permission.MEND_GAPS)
        yield from _notices(readers, Kind.WEEKLY, people, f"week:{until:%G-%V}", at, until=until.isoformat())
