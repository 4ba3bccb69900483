"""Who looks at which case right now: rows that are believed for a short time and say nothing about the case itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from reviewqueue.models import Presence

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

# A page says every 20 seconds that it is still there.
BEAT_SECONDS: Final = 20
BELIEVED: Final = timedelta(seconds=45)
DOING: Final = Presence.Doing


def note(case_id: str, person_id: int, doing: str, *, at: datetime) -> bool:
    """Remember what a person does; says whether that is news to their colleagues."""
    own = Presence.objects.filter(case_id=case_id, user_id=person_id)
    before = own.values_list("doing", "seen_at").first()
    if before is None:
        _begin(case_id, person_id, doing, at)
        return True
    own.update(doing=doing, seen_at=at)
    return before[0] != doing or before[1] <= at - BELIEVED


def leave(case_id: str, person_id: int) -> bool:
    """The page is closed; says whether anybody could have seen them there."""
    gone, _by_model = Presence.objects.filter(case_id=case_id, user_id=person_id).delete()
    return gone > 0


def of(case_ids: Collection[str], *, at: datetime, but: int | None = None) -> dict[str, list[Presence]]:
    """Who is at these cases, whoever edits first; ``but`` leaves one person out."""
    here: dict[str, list[Presence]] = defaultdict(list)
    believed = Presence.objects.filter(case_id__in=case_ids, seen_at__gt=at - BELIEVED)
    if but is not None:
        believed = believed.exclude(user_id=but)
    for each in believed.select_related("user").order_by("doing", "user_id"):
        here[each.case_id].append(each)
    return here


def forget_old(*, at: datetime) -> int:
    """Delete rows that nobody believes any more."""
    gone, _by_model = Presence.objects.filter(seen_at__lte=at - BELIEVED).delete()
    return gone


def _begin(case_id: str, person_id: int, doing: str, at: datetime) -> None:
    try:
        with transaction.atomic():
            Presence.objects.create(case_id=case_id, user_id=person_id, doing=doing, seen_at=at)
    except IntegrityError:  # their other tab was quicker
        Presence.objects.filter(case_id=case_id, user_id=person_id).update(doing=doing, seen_at=at)
