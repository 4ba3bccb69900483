"""Who may do what; and, where they may not, the sentence that says why."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.contrib.auth import get_user_model
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reviewqueue import proofs
from reviewqueue.models import Case, Membership, Oversight, Queue
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

# Nobody loosens a rule and decides under it so soon.
COOLING_OFF: Final = timedelta(hours=24)


class Permission(StrEnum):
    """Named rights; ``hitl.accounts.roles`` gives them to roles."""

    SEE_OWN_QUEUES = "see_own_queues"
    SEE_ALL_QUEUES = "see_all_queues"
    SEE_TIMELINE = "see_timeline"
    DECIDE = "decide"
    TAKE_OVER = "take_over"
    SUPERVISE = "supervise"
    STOP = "stop"
    PAUSE = "pause"
    CONFIGURE = "configure"
    APPROVE_CATEGORY = "approve_category"
    EXPORT_AUDIT = "export_audit"
    REVIEW_QUALITY = "review_quality"
    LEAD_QUALITY = "lead_quality"
    SEE_INSIGHT = "see_insight"
    MEND_GAPS = "mend_gaps"
    COACH = "coach"


class Person(Protocol):
    """What the rules need to know of a user."""

    pk: int
    is_active: bool
    all_queues: bool
    skills: list[str]
    languages: list[str]
    loosened_version: int | None
    loosened_at: datetime | None

    def may(self, permission: Permission) -> bool: ...


def queue_names(person: Person) -> frozenset[str] | None:
    """The queues whose cases this person may see; ``None`` means every queue."""
    return queue_names_of([person])[person.pk]


def queue_names_of(people: Collection[Person]) -> dict[int, frozenset[str] | None]:
    """``queue_names`` of many people by their key, in at most one query."""
    if not (limited := [person for person in people if _works_in_named_queues(person)]):
        return {person.pk: _without_memberships(person) for person in people}
    named: dict[int, set[str]] = {person.pk: set() for person in limited}
    for user_id, queue_id in Membership.objects.filter(user_id__in=named).values_list("user_id", "queue_id"):
        named[user_id].add(queue_id)
    return {
        person.pk: frozenset(named[person.pk]) if person.pk in named else _without_memberships(person)
        for person in people
    }


def _works_in_named_queues(person: Person) -> bool:
    sees_all = person.may(Permission.SEE_ALL_QUEUES) or person.all_queues
    return person.is_active and person.may(Permission.SEE_OWN_QUEUES) and not sees_all


def _without_memberships(person: Person) -> frozenset[str] | None:
    all_own = person.all_queues and person.may(Permission.SEE_OWN_QUEUES)
    return None if person.is_active and (person.may(Permission.SEE_ALL_QUEUES) or all_own) else frozenset()


def queues_closed_to(person: Person) -> frozenset[str]:
    """The queues that ask for a skill or a certificate that this person does not have."""
    asking = Queue.objects.exclude(certificates=[], skills=[]).values_list("pk", "certificates", "skills")
    asked = list(asking)
    held = proofs.certificates(person) if any(names for _queue, names, _skills in asked) else frozenset()
    able = set(person.skills)
    return frozenset(queue for queue, names, skills in asked if set(names) - held or set(skills) - able)


def may_see(person: Person, case: Case) -> bool:
    """A case that one may not see does not exist for them."""
    names = queue_names(person)
    return names is None or case.queue_id in names or (person.is_active and case.offered_to_id == person.pk)


def why_not(person: Person, verb: str, case: Case) -> str | None:
    """The sentence that says why this person may not do this now, or ``None`` when they may.

    ``verb`` is a key of ``RULES``. State is checked here too, so that a button, the API and the verb give one answer.
    """
    return _barred(person, case) or ruled_out(person, verb, case)


def require_right(person: Person, permission: Permission, sentence: str = "") -> None:
    """Refuse whoever does not have this right, whatever the case; `sentence` says more than the usual one."""
    if not person.is_active:
        raise Refusal("forbidden", _("This account is switched off."))
    if not person.may(permission):
        usual = _("Your role does not have this right: %(right)s.") % {"right": permission.value}
        raise Refusal("forbidden", sentence or usual)


def require_sight(person: Person, case: Case) -> None:
    """A case that this person may not see is refused like one that is not there."""
    if not may_see(person, case):
        raise Refusal("not-found", _("There is no such case."))


def require(person: Person, verb: str, case: Case) -> None:
    """Raise the refusal that ``why_not`` words."""
    require_sight(person, case)
    if sentence := why_not(person, verb, case):
        raise Refusal("forbidden", sentence)


def allowed(person: Person, case: Case) -> dict[str, bool | str]:
    """Each verb with ``True`` or the sentence why not."""
    barred = _barred(person, case)
    return {verb: barred or ruled_out(person, verb, case) or True for verb in RULES}


def _barred(person: Person, case: Case) -> str | None:
    if not person.is_active:
        return _("This account is switched off.")
    return None if may_see(person, case) else _("This case is in a queue that you do not work in.")


def ruled_out(person: Person, verb: str, case: Case) -> str | None:
    """The same of a case that this person is known to see: of one in a list of theirs, say."""
    return next((sentence for rule in RULES[verb] if (sentence := rule(person, case))), None)


def _decider(person: Person, _case: Case) -> str | None:
    return None if person.may(Permission.DECIDE) else _("Your role does not decide cases.")


def _not_owner(person: Person, case: Case) -> str | None:
    if case.agent.owner_id == person.pk:
        return _("You own the agent that proposed this; somebody else must decide.")
    return None


def _did_not_loosen_it(person: Person, case: Case) -> str | None:
    """The time is the database's; it is asked for only where somebody loosened anything."""
    since = person.loosened_version
    if since is None or case.policy_id < since:
        return None
    people = get_user_model()._default_manager.filter(pk=person.pk)  # noqa: SLF001 - Django's documented name
    if not people.filter(loosened_at__gt=Now() - COOLING_OFF).exists():
        return None
    says = _("You loosened the policy with version %(version)s within the last 24 hours; somebody else must decide.")
    return says % {"version": since}


def _certified(person: Person, case: Case) -> str | None:
    return proofs.why_not(person, case)


def _other_eyes(person: Person, case: Case) -> str | None:
    if case.eyes > 1 and case.first_by_id == person.pk:
        return _("You were the first of two people; a second one must look.")
    return None


def decided_what_is_contested(person: Person, case: Case) -> bool:
    """Does the customer contest a decision of this person here?"""
    return case.contests is not None and case.contests.decisions.filter(decided_by_id=person.pk).exists()


def _not_first_decider(person: Person, case: Case) -> str | None:
    if decided_what_is_contested(person, case):
        return _("The customer contests a decision of yours; somebody else must look.")
    return None


def _holder(person: Person, case: Case) -> str | None:
    if case.state == "claimed" and case.claimed_by_id == person.pk:
        return None
    if case.state == "claimed":
        return _("Somebody else is working on this case.")
    return _("Claim the case first.")


def _open_for_claim(person: Person, case: Case) -> str | None:
    if case.state in {"queued", "second_look"}:
        return None
    if case.state == "claimed":
        return None if case.claimed_by_id == person.pk else _("Somebody else is working on this case.")
    return _("This case no longer waits for a reviewer: %(state)s.") % {"state": case.get_state_display()}


def _takes_over(person: Person, _case: Case) -> str | None:
    return None if person.may(Permission.TAKE_OVER) else _("Your role does not take conversations over.")


def _can_be_taken(person: Person, case: Case) -> str | None:
    if case.state == "claimed" and case.claimed_by_id != person.pk and not person.may(Permission.SUPERVISE):
        return _("Somebody else is working on this case.")
    if case.state == "taken_over":
        return _taken_from(person, case)
    if case.state in {"queued", "claimed", "asked", "second_look", "watched"}:
        return None
    return _("This case can no longer be taken over: %(state)s.") % {"state": case.get_state_display()}


def works_on(case: Case, *, at: datetime) -> Any:
    """Who holds the case at this moment: by a lease that runs, or in a conversation taken over."""
    if case.state == "taken_over" or (case.state == "claimed" and case.claim_expires_at and case.claim_expires_at > at):
        return case.claimed_by
    return None


def may_inherit(person: Person, case: Case) -> bool:
    """May a conversation be handed to this person, in whatever state its case is?"""
    return not any(rule(person, case) for rule in (_barred, *_WHO_TAKES_OVER))


def _taken_from(person: Person, case: Case) -> str | None:
    """A supervisor may take a conversation from a colleague, who may have gone home."""
    if case.claimed_by_id == person.pk:
        return _("You hold this conversation already.")
    return None if person.may(Permission.SUPERVISE) else _("A colleague has taken this conversation over.")


def _can_be_moved(person: Person, case: Case) -> str | None:
    if case.state not in {"queued", "claimed", "asked"}:
        return _("This case can no longer be passed on: %(state)s.") % {"state": case.get_state_display()}
    if case.state == "claimed" and case.claimed_by_id == person.pk:
        return None
    if person.may(Permission.SUPERVISE):
        return None
    return _("Only its reviewer or a supervisor can pass this case on.")


def _can_be_undone(person: Person, case: Case) -> str | None:
    if case.state != "decided" or case.took_effect_at is not None:
        return _("There is nothing to undo.")
    if not case.decisions.filter(undone_at=None, decided_by_id=person.pk).exists():
        return _("Only the person who decided can undo it.")
    return None


def _can_be_stopped(person: Person, case: Case) -> str | None:
    if not person.may(Permission.STOP):
        return _("Your role does not stop agents.")
    return None if case.state == "watched" else _("There is nothing to stop.")


def _can_be_answered(_person: Person, case: Case) -> str | None:
    return None if case.state == "asked" else _("No question is open.")


def _can_be_returned(person: Person, case: Case) -> str | None:
    if case.state != "taken_over":
        return _("Nobody has taken this conversation over.")
    if case.claimed_by_id != person.pk and not person.may(Permission.SUPERVISE):
        return _("Only the person who took over or a supervisor can give it back.")
    return None


def _can_be_written_to(person: Person, case: Case) -> str | None:
    if case.state != "taken_over":
        return _("Take the conversation over before you write to the customer.")
    if case.claimed_by_id != person.pk:
        return _("Only the person who took the conversation over writes to the customer.")
    return None


def _reads_timeline(person: Person, _case: Case) -> str | None:
    if person.may(Permission.SEE_TIMELINE) or person.may(Permission.DECIDE):
        return None
    return _("Your role does not read timelines.")


def _can_be_snoozed(person: Person, case: Case) -> str | None:
    if case.state == "claimed":
        return _holder(person, case)
    if case.state in {"queued", "second_look"}:
        return None
    return _("This case does not wait for you: %(state)s.") % {"state": case.get_state_display()}


def may_execute(case: Case) -> str | None:
    """Some cases are for a person alone: then no ruling lets the agent act."""
    if case.oversight == Oversight.HUMAN_ONLY:
        return _("The policy keeps this case for a person: take it over, respond, or reject.")
    return None


_WHO_TAKES_OVER: Final = (_takes_over, _not_owner, _not_first_decider)
RULES: Final[dict[str, tuple[Callable[[Person, Case], str | None], ...]]] = {
    "claim": (
        _decider,
        _not_owner,
        _not_first_decider,
        _did_not_loosen_it,
        _open_for_claim,
        _other_eyes,
        _certified,
    ),
    "release": (_holder,),
    "ask": (_decider, _holder),
    "decide": (
        _decider,
        _not_owner,
        _not_first_decider,
        _did_not_loosen_it,
        _holder,
        _other_eyes,
        _certified,
    ),
    "undo": (_decider, _can_be_undone),
    "reassign": (_decider, _can_be_moved),
    "take_over": (*_WHO_TAKES_OVER, _can_be_taken),
    "return": (_can_be_returned,),
    "write": (_takes_over, _can_be_written_to),
    "answer": (_decider, _can_be_answered),
    "stop": (_can_be_stopped,),
    "snooze": (_decider, _can_be_snoozed),
    "comment": (_reads_timeline,),
    "timeline": (_reads_timeline,),
}
