"""Brakes: a person with the right pauses an agent, an intent, an action or everything, and resumes it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import braking, watching
from reviewqueue.domain.people import by
from reviewqueue.engine import hidden
from reviewqueue.models import Pause
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

LONGEST_REASON: Final = 2_000


def pause(*, of: str, name: str, reason: str, person: Reviewer, at: datetime) -> Pause:
    """From now on nothing that this covers runs without a person; what is paused already stays as it is.

    Proposals are held (reason ``paused``), releases under watch are stopped, grants cannot be redeemed
    (``agent-paused``). Refused without the right (``forbidden``), a name or a reason (``invalid-request``).
    """
    rules.require_right(person, rules.Permission.PAUSE, _("Your role does not pause agents."))
    name, reason = checked_name(of, name), _reason(reason)
    made = braking.put_on(of=of, name=name, reason=reason, actor=by(person), person=person, at=at)
    sweep(made, at=at)
    return made


@transaction.atomic
def resume(paused: Pause, *, reason: str, person: Reviewer, at: datetime) -> Pause:
    """What was paused may go on: grants can be redeemed again. Cases that were held wait for their person all the same.

    Resuming twice changes nothing. Refused without the right (``forbidden``) or a reason (``invalid-request``).
    """
    rules.require_right(person, rules.Permission.PAUSE, _("Your role does not resume agents."))
    reason = _reason(reason)
    still = Pause.objects.filter(pk=paused.pk, resumed_at=None)
    if still.update(resumed_at=at, resumed_by_id=person.pk, resumed_reason=reason):
        braking.record(paused, "resumed", actor=by(person), reason=reason, at=at)
    paused.refresh_from_db()
    return paused


def sweep(paused: Pause, *, at: datetime) -> int:
    """Stop every release under watch that the pause covers; returns how many. One that slips in is stopped when due."""
    stopped = watching.stop_covered(paused, at=at)
    Pause.objects.filter(pk=paused.pk, swept_at=None).update(swept_at=at)
    return stopped


def sweep_due(*, at: datetime) -> int:
    """Finish what a pause began and could not end, because its process ended first or a budget put it on."""
    return sum(1 + sweep(each, at=at) for each in Pause.objects.filter(swept_at=None, resumed_at=None))


def checked_name(of: str, name: str) -> str:
    """What the name is stored as; one that names nothing is refused (``invalid-request``)."""
    if of not in Pause.Of.values:
        raise Refusal("invalid-request", _("Pause an agent, an intent, an action or everything."))
    if of == Pause.Of.EVERYTHING:
        return ""
    name = name.strip()
    if not name or len(name) > braking.LONGEST_NAME or any(map(hidden.is_hidden, name)):
        raise Refusal("invalid-request", _("Say what is to be paused, in at most 100 visible characters."))
    return name


def _reason(reason: str) -> str:
    reason = reason.replace("\x00", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Refusal("invalid-request", _("Say why, in at most %s characters.") % LONGEST_REASON)
    return reason
