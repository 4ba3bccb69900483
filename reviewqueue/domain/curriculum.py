"""All that can be practised: the invented cases, and real ones about invented people (``domain.specimens``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from reviewqueue.domain import lessons
from reviewqueue.domain.lessons import KEYS, Lesson, Step
from reviewqueue.models import Specimen

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from reviewqueue.domain.lessons import Answer


def lesson(key: str) -> Lesson | None:
    """The lesson of this name; one that was made from a real case is as it was written."""
    made = None if key in KEYS else _in_use().filter(pk=key).first()
    return _of_specimen(made) if made else lessons.lesson(key)


def everything() -> list[str]:
    """All that can be practised: the invented ones first, then those made from real cases, the oldest first."""
    return [*KEYS, *_in_use().order_by("approved_at", "pk").values_list("pk", flat=True)]


def all_lessons() -> list[Lesson]:
    """The same, as they are taught; one query however many there are."""
    invented = [found for key in KEYS if (found := lessons.lesson(key))]
    return [*invented, *map(_of_specimen, _in_use().order_by("approved_at", "pk"))]


def risks() -> dict[str, str]:
    """The risk of each lesson, also of those no longer in use: what was answered stays answered."""
    made = dict(Specimen.objects.values_list("pk", "risk"))
    return {key: found.risk for key in KEYS if (found := lessons.lesson(key))} | made


def _in_use() -> QuerySet[Specimen]:
    return Specimen.objects.filter(for_practice=True, state=Specimen.State.APPROVED)


def _of_specimen(made: Specimen) -> Lesson:
    return Lesson(
        key=made.pk,
        title=made.title,
        risk=made.risk,
        document={"customer": {}, "signals": {}, "sources": []} | made.document,
        reasons=made.reasons,
        steps=[Step("decision", _("A real case about an invented person. Decide it as you would decide any other."))],
        right=lambda answer: _right(made, answer),
        praise=made.lesson,
        advice=made.lesson,
    )


def _right(made: Specimen, answer: Answer) -> bool:
    if answer.verb in {"ask", "take-over"}:
        return made.known_bad
    if made.known_bad:
        return bool(answer.rulings) and not made.passed(answer.rulings)
    return bool(answer.rulings) and all(ruling["type"] == "approve" for ruling in answer.rulings)
