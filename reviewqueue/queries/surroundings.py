"""What the desk knows that a policy should fit: its people, queues and agents, and what came in lately."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Q

from reviewqueue import proofs, rules
from reviewqueue.engine.surroundings import Gap, Seen, Surroundings
from reviewqueue.models import Agent, Queue, Shift
from reviewqueue.queries import real, staffing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

DAYS = 30
# The newest cases tell what comes in; more of them would tell the same.
_LOOKED_AT = 2000
# How far ahead the roster is looked at.
AHEAD = 14
# Of lists in arguments, so many places can be asked about.
_PLACES = 10
# Labels are short; what is longer may be text of a customer, which is not for those who write policies.
_LONGEST = 60


def of_the_desk(*, at: datetime) -> Surroundings:
    """Everything that `engine.lints` asks about."""
    users: Any = get_user_model()._default_manager.filter(is_active=True)  # noqa: SLF001 - Django's documented name
    people, over, recent = list(users), _left_the_roster(at.date()), _recent(at)
    agents, queues = list(Agent.objects.all()), Queue.objects.select_related("calendar").in_bulk()
    deciders = [each for each in people if each.may(rules.Permission.DECIDE) and each.pk not in over]
    return Surroundings(
        today=at.date(),
        people=frozenset(person.username for person in people),
        staffed=_staffed(deciders),
        closed=_closed(deciders),
        skills=frozenset(skill for person in deciders for skill in person.skills),
        agents={agent.name: agent.owner_id is not None for agent in agents},
        teams=frozenset(agent.team for agent in agents if agent.team),
        queues=frozenset(queues),
        gaps=_gaps(queues, at),
        ahead=AHEAD,
        seen=tuple(_seen(recent)),
        sent=frozenset(name for facts in recent for name in _sent(facts)),
        looked_at=len(recent),
        days=DAYS,
    )


def _gaps(queues: dict[str, Queue], at: datetime) -> dict[str, Gap]:
    """Of each queue with a roster that is open while nobody is on: absences and holidays are looked at."""
    if not Shift.objects.exists():
        return {}
    end = at + timedelta(days=AHEAD)
    crew, found = staffing.crew(queues, at, end), {}
    for name, queue in queues.items():
        missing, open_for = staffing.gaps(queue, crew, at, end)
        if missing and crew.basis[name] != staffing.MEMBERS:
            here = ZoneInfo(staffing.opening(queue).zone)
            begins = datetime.fromtimestamp(missing[0][0], here)
            hours = sum(ends - begins for begins, ends in missing) / 3600
            found[name] = Gap(hours, open_for / 3600, f"{begins:%Y-%m-%d %H:%M}")
    return found


def _staffed(deciders: list[Any]) -> frozenset[str] | None:
    """A queue in which somebody works by name, or all of them, also those to come, when somebody works in all."""
    named = rules.queue_names_of(deciders)
    if any(person.all_queues for person in deciders):
        return None
    return frozenset(queue for queues in named.values() for queue in queues or ())


def _closed(deciders: list[Any]) -> frozenset[str]:
    """Queues that ask for certificates which nobody who works there has."""
    asking = {queue.pk: set(queue.certificates) for queue in Queue.objects.exclude(certificates=[])}
    named = rules.queue_names_of(deciders) if asking else {}
    held = {person.pk: proofs.certificates(person) for person in deciders} if asking else {}
    return frozenset(
        queue
        for queue, wanted in asking.items()
        if not any(wanted <= held[key] for key, queues in named.items() if queues is None or queue in queues)
    )


def _left_the_roster(today: date) -> frozenset[int]:
    """People whose shifts are all over: the roster has them off for good."""
    shifts = Shift.objects.all()
    on = shifts.filter(Q(until_on=None) | Q(until_on__gte=today)).values("user_id")
    return frozenset(shifts.exclude(user_id__in=on).values_list("user_id", flat=True))


def lately(*, at: datetime) -> Iterator[Seen]:
    """What agents lately proposed, with how often; labels only."""
    yield from _seen(_recent(at))


def _recent(at: datetime) -> list[dict[str, Any]]:
    newest = real.cases().filter(created_at__gt=at - timedelta(days=DAYS)).order_by("-created_at")
    return list(newest.values_list("facts", flat=True)[:_LOOKED_AT])


def _seen(recent: list[dict[str, Any]]) -> Iterator[Seen]:
    counts: Counter[tuple[str, ...]] = Counter()
    for facts in recent:
        for action in facts.get("actions") or ():
            labels = (facts.get("agent"), facts.get("intent"), action.get("kind"), action.get("name"))
            currency = (action.get("value") or {}).get("currency")
            counts[tuple(str(label or "")[:_LONGEST] for label in (*labels, currency))] += 1
    yield from (Seen._make((*labels, times)) for labels, times in counts.items())


def _sent(facts: dict[str, Any]) -> Iterator[str]:
    """The names of the facts that a case has: of its actions and of itself; what is empty says nothing."""
    for action in facts.get("actions") or ():
        yield from _paths(action, "action.")
    yield from _paths({name: value for name, value in facts.items() if name != "actions"}, "")


def _paths(value: Any, before: str) -> Iterator[str]:
    """Dotted names of everything in a document that has a value, down to single places of lists."""
    named = value.items() if isinstance(value, dict) else enumerate(value[:_PLACES])
    for name, one in named:
        if one not in (None, "", [], {}):
            yield f"{before}{name}"
            if isinstance(one, dict | list):
                yield from _paths(one, f"{before}{name}.")
