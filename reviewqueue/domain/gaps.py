"""Knowledge gaps: failures are gathered and grouped by night or when asked, and people see to each group."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils.translation import gettext as _

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain.people import by
from reviewqueue.engine import grouping
from reviewqueue.models import Failure, Gap, ids
from reviewqueue.queries import failures, gap_effect
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

    Grouping = Callable[[Sequence[grouping.Failure]], dict[str, str]]

# A group reaches back so far; older failures no longer draw new ones to it.
COMPARED: Final = timedelta(days=180)
MOST_COMPARED: Final = 20_000
LATELY: Final = timedelta(days=28)
# So many failures make a gap; one does when its reviewer said what was missing.
ENOUGH: Final = 2
# What is older and alone was looked at often enough; it is compared again when something new comes.
_LEFT: Final = timedelta(hours=1)
_TITLE: Final = 200
_State = Gap.State
_SETTLED: Final = frozenset({_State.VERIFIED, _State.DISMISSED})


def find(*, at: datetime, grouped: Grouping = grouping.groups) -> int:
    """Gather what failed, group it, count each gap and see whether changes helped; says how many gaps are new."""
    fresh = Failure.objects.bulk_create(failures.new(at=at), ignore_conflicts=True)
    made = _group(at, grouped) if fresh or _waits(at) else 0
    count(at=at)
    verify(at=at)
    return made


def count(*, at: datetime) -> None:
    """Write down the size of each gap; its state and its owner stay as they are."""
    rows = (
        Failure.objects.filter(gap__isnull=False)
        .values("gap_id")
        .annotate(
            cases=Count("case_id", distinct=True),
            lately=Count("case_id", distinct=True, filter=Q(at__gt=at - LATELY)),
            harm=Sum("harm"),
            handling=Sum("handling_seconds"),
            first=Min("at"),
            last=Max("at"),
        )
    )
    for row in rows:
        Gap.objects.filter(pk=row["gap_id"]).update(
            cases=row["cases"],
            lately=row["lately"],
            harm=row["harm"],
            handling_seconds=row["handling"],
            first_at=row["first"],
            last_at=row["last"],
        )


def verify(*, at: datetime) -> int:
    """Hold the rate before each change against the rate since; says how many gaps are verified by it.

    A gap is verified when the rate surely fell; what became of it since is counted on.
    """
    done = 0
    for gap in Gap.objects.filter(state__in=[_State.CHANGED, _State.VERIFIED], changed_at__isnull=False):
        effect = gap_effect.of(gap, at=at)
        Gap.objects.filter(pk=gap.pk).update(effect=effect.as_json())
        if gap.state == _State.CHANGED and effect.fell:
            done += _settle(gap, at=at)
    return done


@transaction.atomic
def assign(gap: Gap, *, owner: Any, area: str, person: Reviewer, version: int, at: datetime) -> Gap:
    """Say who sees to it and what has to change. Refused (``stale-version``) when somebody changed it meanwhile."""
    _require(person)
    if owner is None or not owner.is_active:
        raise Refusal("invalid-request", _("Name somebody who works here."))
    if area not in Gap.Area.values:
        raise Refusal("invalid-request", _("Say what has to change."))
    held = _held(gap, version)
    state = _State.ASSIGNED if held.state in {_State.OPEN, _State.DISMISSED} else held.state
    return _change(held, "assigned", by(person), at, state=state, owner_id=owner.pk, area=area)


@transaction.atomic
def change(gap: Gap, *, what: str, url: str, person: Reviewer, version: int, at: datetime) -> Gap:
    """Say what was changed, with a link to it; from now on the rate is watched."""
    held = _held(gap, version)
    if held.owner_id != person.pk:
        _require(person)
    if not what.strip():
        raise Refusal("invalid-request", _("Say what was changed."))
    told = {"change": what.strip()[:500], "change_url": _link(url), "changed_at": at, "verified_at": None}
    return _change(held, "changed", by(person), at, state=_State.CHANGED, effect={}, **told)


@transaction.atomic
def dismiss(gap: Gap, *, note: str, person: Reviewer, version: int, at: datetime) -> Gap:
    """It is no gap: it stays on record with the reason, and failures of its kind go on joining it."""
    _require(person)
    if not note.strip():
        raise Refusal("invalid-request", _("Say why it is no gap."))
    return _change(_held(gap, version), "dismissed", by(person), at, state=_State.DISMISSED, change=note.strip()[:500])


@transaction.atomic
def reopen(gap: Gap, *, person: Reviewer, version: int, at: datetime) -> Gap:
    """It is a gap after all, or one again."""
    _require(person)
    held = _held(gap, version)
    if held.state not in _SETTLED:
        raise Refusal("not-pending", _("This gap is open already."))
    state = _State.ASSIGNED if held.owner_id else _State.OPEN
    return _change(held, "reopened", by(person), at, state=state, verified_at=None)


@transaction.atomic
def note_article(gap: Gap, *, slug: str, person: Reviewer, at: datetime) -> Gap:
    """A draft of an answer was made from it."""
    _require(person)
    return _change(_held(gap, gap.version), "article", by(person), at, article=slug)


@transaction.atomic
def record_export(what: str, *, count: int, person: Reviewer, at: datetime) -> None:
    """Somebody took gaps or pairs along."""
    _require(person)
    body = {"what": what, "count": count}
    ledger.append(subject="gaps", kind="gaps.exported", actor=by(person), at=at, body=body)


def people() -> list[Any]:
    """Who can own a gap, by name."""
    users: Any = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    return list(users.filter(is_active=True).order_by("first_name", "username"))


def _waits(at: datetime) -> bool:
    """Is there something that a run which ended too early may have left?"""
    return Failure.objects.filter(gap=None, at__gt=at - _LEFT).exists()


def _group(at: datetime, grouped: Grouping) -> int:
    kept = Failure.objects.filter(at__gt=at - COMPARED).order_by("-at", "-pk")[:MOST_COMPARED]
    chosen = list(reversed(kept))
    if all(failure.gap_id for failure in chosen):
        return 0
    told = failures.for_grouping(chosen)
    given = grouped(told)
    by_key = {failure.pk: failure for failure in chosen}
    worded = {each.key: each for each in told}
    new = 0
    for group, members in grouping.members(given, (each for each in told if not each.group)).items():
        keys = [member.key for member in members]
        if group not in by_key:  # one that exists
            Failure.objects.filter(pk__in=keys, gap=None).update(gap_id=group)
        elif _is_enough([by_key[key] for key in keys]):
            new += _open([by_key[key] for key in keys], [worded[key] for key in keys], at)
    return new


def _is_enough(found: Sequence[Failure]) -> bool:
    if len({failure.case_id for failure in found}) >= ENOUGH:
        return True
    return any(said.gap.strip() for said in failures.words(found).values())


@transaction.atomic
def _open(found: Sequence[Failure], told: Sequence[grouping.Failure], at: datetime) -> int:
    """A new gap; nothing when somebody else has just grouped the same failures."""
    moments = [failure.at for failure in found]
    gap = Gap.objects.create(
        pk=ids.gap_id(),
        title=_title(found, told),
        intent=found[0].intent,
        reason=_most(failure.reason for failure in found),
        source=_most(failure.source for failure in found),
        trigger=_most(failure.trigger for failure in found),
        first_at=min(moments),
        last_at=max(moments),
        made_at=at,
    )
    if not Failure.objects.filter(pk__in=[failure.pk for failure in found], gap=None).update(gap=gap):
        gap.delete()
        return 0
    _record(gap, "found", SYSTEM, at, failures=len(found))
    return 1


def _title(found: Sequence[Failure], told: Sequence[grouping.Failure]) -> str:
    """What a reviewer said was missing, where one did; else the words that its failures share."""
    said = failures.words(found)
    worded = Counter(words.gap.strip() for words in said.values() if words.gap.strip())
    if worded:
        text = max(worded.items(), key=lambda each: (each[1], each[0]))[0]
        return " ".join(text.replace("\x00", "").split())[:_TITLE]
    shared = ", ".join(grouping.telling(told))
    return ": ".join(filter(None, [found[0].intent, shared]))[:_TITLE] or _("Without a name")


def _most(values: Collection[str] | Any) -> str:
    counted = Counter(value for value in values if value)
    return max(counted.items(), key=lambda each: (each[1], each[0]))[0] if counted else ""


@transaction.atomic
def _settle(gap: Gap, *, at: datetime) -> int:
    held = Gap.objects.select_for_update().get(pk=gap.pk)
    if held.state != _State.CHANGED:
        return 0
    _change(held, "verified", SYSTEM, at, state=_State.VERIFIED, verified_at=at)
    return 1


def _require(person: Reviewer) -> None:
    rules.require_right(person, Permission.MEND_GAPS, _("Your role does not see to knowledge gaps."))


def _held(gap: Gap, version: int) -> Gap:
    held = Gap.objects.select_for_update().get(pk=gap.pk)
    if held.version != version:
        says = _("Somebody else changed this gap first. Look at it again.")
        raise Refusal("stale-version", says, extra={"version": held.version})
    return held


def _link(url: str) -> str:
    url = url.strip()
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc or len(url) > 500):  # noqa: PLR2004 - the column
        raise Refusal("invalid-request", _("A link begins with https://."))
    return url


def _change(gap: Gap, what: str, actor: Actor, at: datetime, **columns: Any) -> Gap:
    Gap.objects.filter(pk=gap.pk).update(version=F("version") + 1, **columns)
    gap.refresh_from_db()
    told = {
        name: value for name, value in columns.items() if name in {"state", "owner_id", "area", "change", "article"}
    }
    _record(gap, what, actor, at, version=gap.version, **told)
    return gap


def _record(gap: Gap, what: str, actor: Actor, at: datetime, **body: Any) -> None:
    ledger.append(subject=gap.subject, kind=f"gap.{what}", actor=actor, at=at, body=body)
