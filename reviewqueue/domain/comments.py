"""Remarks for colleagues: they stay in the desk, agents and customers never read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Mention
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

_NAMES: Final = re.compile(r"(?<![\w@])@([\w.+-]{1,150})")
_MOST_NAMED: Final = 10


@transaction.atomic
def comment(case: Case, *, person: Reviewer, text: str, at: datetime) -> Case:
    """Leave a remark in the timeline, whatever the state of the case; it moves nothing and binds nobody.

    Whom it names as ``@name`` and who may see the case finds it on their Team page.
    """
    case = lifecycle.locked(case.pk)
    rules.require(person, "comment", case)
    if not text.strip():
        says = _("Write the comment.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/text", "detail": says},))
    named = _named(text, case, person)
    data = {"text": text.strip()} | ({"mentions": [each.reference for each in named]} if named else {})
    lifecycle.record(case, "case.commented", actor=by(person), at=at, data=data)
    Mention.objects.bulk_create(Mention(case=case, user_id=each.pk, by_id=person.pk, at=at) for each in named)
    return case


def _named(text: str, case: Case, person: Reviewer) -> list[Any]:
    """Whoever is called by their name and may see the case; a few of them, and never oneself."""
    names = {name.rstrip(".-+_").lower() for name in _NAMES.findall(text)}
    if not names or len(names) > _MOST_NAMED:
        return []
    people: Any = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    asked = Q()
    for name in sorted(names):
        asked |= Q(username__iexact=name)
    found = people.filter(asked, is_active=True).exclude(pk=person.pk).order_by("pk")
    return [each for each in found if rules.may_see(each, case)]
