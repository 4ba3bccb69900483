"""What happened on one day, as stories to count: cases proposed, rulings made, conversations ended.

Control cases are in none of it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from reviewqueue.engine.stories import WENT_WRONG, CaseStory, Place, RulingStory, TalkStory
from reviewqueue.models import Case, Conversation, Decision, Event, Grant, Letter, Move, PastRecord, State
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

_AT_ONCE: Final = 1000
# Whoever writes again within this time was not helped the first time.
AGAIN: Final = timedelta(days=7)
_PLACE: Final = (
    "agent__name",
    "agent__team",
    "intent",
    "queue_id",
    "channel",
    "language",
    "customer_tier",
    "risk",
    "agent_version",
)
_CASE: Final = ("id", "created_at", "oversight", "state", "reasons", "tried", "took_effect_at", *_PLACE)
_KINDS: Final = ("case.taken_over", "case.returned", "case.finished", "case.stopped", "case.expired", "case.released")
_ENDS: Final = frozenset({"case.returned", "case.finished"})


def of_cases(start: datetime, end: datetime) -> Iterator[CaseStory]:
    """Those proposed from a moment until before another."""
    found = real.cases().filter(created_at__gte=start, created_at__lt=end).order_by("created_at", "id")
    # Of two large documents what is needed, not the whole.
    rows = found.annotate(tried=F("facts__briefing__attempted"), reasons=F("verdict__reasons")).values_list(*_CASE)
    for part in _parts(rows.iterator(chunk_size=_AT_ONCE)):
        yield from _told(part)


def of_rulings(start: datetime, end: datetime) -> Iterator[tuple[RulingStory, bool]]:
    """What people ruled from a moment until before another, with whether it is the first of its case that day."""
    found = (
        real.decisions()
        .filter(real.settled(Now()), decided_by__isnull=False, decided_at__gte=start, decided_at__lt=end)
        .order_by("decided_at", "id")
    )
    place = [f"case__{name}" for name in _PLACE]
    columns = ("case_id", "decided_by_id", "decided_by__role", "type", "reason_code", "case__created_at", "decided_at")
    found = found.annotate(tried=F("case__facts__briefing__attempted"))
    seen: set[str] = set()
    for part in _parts(found.values_list(*columns, "tried", *place).iterator(chunk_size=_AT_ONCE)):
        claims = _claims({row[0] for row in part})
        for case, person, role, ruling, reason, asked_at, at, tried, *where in part:
            claimed = max((moment for moment in claims.get(case, ()) if moment <= at), default=None)
            told = bool(tried)
            story = RulingStory(Place(*where), case, str(person), role, ruling, reason, asked_at, at, claimed, told)
            yield story, case not in seen
            seen.add(case)


def of_talks(start: datetime, end: datetime, *, at: datetime) -> Iterator[TalkStory]:
    """Conversations that ended from a moment until before another."""
    cases = Case.objects.filter(conversation=OuterRef("pk"))
    by_person = Decision.objects.filter(case__conversation=OuterRef("pk"), decided_by__isnull=False, undone_at=None)
    taken = cases.filter(events__kind="case.taken_over")
    again = Conversation.objects.filter(
        customer_ref=OuterRef("customer_ref"),
        created_at__gt=OuterRef("closed_at"),
        created_at__lte=OuterRef("closed_at") + AGAIN,
    )
    ended = Conversation.objects.filter(closed_at__gte=start, closed_at__lt=end)
    found = ended.exclude(Exists(cases.filter(canary__isnull=False))).annotate(
        person=Exists(by_person) | Exists(Letter.objects.filter(conversation=OuterRef("pk"))) | Exists(taken),
        again=Exists(again),
    )
    columns = ("pk", "closed_at", "resolved", "csat", "customer_ref", "person", "again")
    where = ("agent__name", "agent__team", "channel", "language")
    for part in _parts(found.order_by("pk").values_list(*columns, *where).iterator(chunk_size=_AT_ONCE)):
        about = _about([row[0] for row in part])
        for pk, closed_at, resolved, csat, customer, person, wrote, agent, team, channel, language in part:
            names, told = about.get(pk, ({}, None))
            place = Place(agent, team, channel=channel, language=language, **names)
            known = bool(customer) and closed_at + AGAIN <= at
            yield TalkStory(place, person, resolved, csat, wrote if known else None, told)


def _told(rows: Sequence[tuple[Any, ...]]) -> list[CaseStory]:
    stories = {row[0]: _story(row) for row in rows}
    _add_rulings(stories)
    _add_events(stories)
    _add_letters(stories)
    for case in _of(Grant, stories, outcome__in=WENT_WRONG).values_list("case_id", flat=True):
        stories[case].went_wrong = True
    for case in Case.objects.filter(contests_id__in=stories).values_list("contests_id", flat=True):
        stories[case].contested = True
    for case in _of(Move, stories, why=Move.Why.PERSON).values_list("case_id", flat=True):
        stories[case].passed_on = True
    for case, decision, outcome in _of(PastRecord, stories).values_list("case_id", "decision", "outcome"):
        stories[case].past, stories[case].outcome = decision, outcome
    return list(stories.values())


def _story(row: tuple[Any, ...]) -> CaseStory:
    _id, created_at, mode, state, reasons, tried, effect_at, *where = row
    return CaseStory(
        place=Place(*where),
        at=created_at,
        mode=mode,
        imported=state == State.IMPORTED,
        effect_at=effect_at,
        told=bool(tried),
        triggers=tuple(dict.fromkeys(str(reason.get("trigger", "")) for reason in reasons or ())),
    )


def _add_rulings(stories: dict[str, CaseStory]) -> None:
    by_people = _of(Decision, stories, decided_by__isnull=False, undone_at=None)
    for case, ruling in by_people.values_list("case_id", "type"):
        stories[case].rulings.append(ruling)
    for story in stories.values():
        if not story.rulings:
            story.effect_at = None  # the policy's own release is no answer of a person


def _add_events(stories: dict[str, CaseStory]) -> None:
    for case, kind, at in _of(Event, stories, kind__in=_KINDS).order_by("id").values_list("case_id", "kind", "at"):
        story = stories[case]
        if kind == "case.taken_over":
            story.taken_at = story.taken_at or at
        elif kind == "case.stopped":
            story.stopped = True
        elif kind == "case.expired":
            story.expired_at = at
        elif kind in _ENDS:
            story.ended_at = at
        else:
            story.released = True
    for story in stories.values():
        story.ended_at = story.ended_at or story.effect_at


def _add_letters(stories: dict[str, CaseStory]) -> None:
    for case, at, again in _of(Letter, stories).order_by("id").values_list("case_id", "written_at", "asked_again"):
        story = stories[case]
        story.written_at = story.written_at or at
        story.asked_again = story.asked_again or bool(again)


def _claims(cases: Iterable[str]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for case, at in Event.objects.filter(case_id__in=cases, kind="case.claimed").values_list("case_id", "at"):
        found[case].append(at)
    return found


def _about(talks: Sequence[int]) -> dict[int, tuple[dict[str, str], bool]]:
    """What each conversation was about, as its newest case says, and whether that says what the agent had tried."""
    rows = Case.objects.filter(conversation_id__in=talks).order_by("created_at", "id")
    rows = rows.annotate(tried=F("facts__briefing__attempted"))
    names = ("intent", "queue", "tier", "risk", "version")
    columns = ("conversation_id", "tried", "intent", "queue_id", "customer_tier", "risk", "agent_version")
    found = rows.values_list(*columns)
    return {talk: (dict(zip(names, told, strict=True)), bool(tried)) for talk, tried, *told in found}


def _of(model: Any, stories: dict[str, CaseStory], **chosen: Any) -> Any:
    return model.objects.filter(case_id__in=stories, **chosen)


def _parts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    part: list[tuple[Any, ...]] = []
    for row in rows:
        part.append(row)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part
