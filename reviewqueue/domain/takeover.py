"""A person takes a conversation over: they speak with the customer, and the agent does not until control comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from audit import rows
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import autonomy, endings, grants, lifecycle, listening, unmasking
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Conversation, Failure, State
from reviewqueue.queries import takeovers
from reviewqueue.queries.takeovers import Why
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

UNSAID: Final = Why()
# A conversation, the case by which it is taken over, by whom, and what the ledger is told.
Taken = tuple[Conversation, Case, "Reviewer", "Mapping[str, Any]"]
LONGEST_GAP: Final = 4_000


@transaction.atomic
def take_over(case: Case, *, person: Reviewer, note: str, at: datetime, why: Why = UNSAID) -> Case:
    """Take the whole conversation, at once and in one transaction; ``why`` says why the agent failed.

    What else is open in it gives way, what was granted and not spent is void, and further proposals are refused. Also
    takes it from a colleague (``supervise``), who is told the ``note``: without one that is refused
    (``invalid-request``). Refused when another case holds the conversation (``not-pending``).
    """
    talk, cases = _locked(case)
    case = next(one for one in cases if one.pk == case.pk)
    rules.require(person, "take_over", case)
    if talk.held_by_id not in {None, case.pk}:
        says = _("A colleague has taken this conversation over by another case.")
        raise Refusal("not-pending", says, extra={"case": talk.held_by_id})
    data = {"note": note} | _said(why) | _from_whom(case, person, note, at)
    _take_each([(talk, case, person, data)], cases, actor=by(person), at=at)
    if unmasking.canary_of(case):
        _change(case, at, held_by_id=None)
        return unmasking.after_stopping(case, person=person, how="take_over", at=at)
    return case


def inherit(case: Case, *, person: Reviewer, at: datetime) -> Case:
    """Nobody decided in time: the conversation becomes this person's, as if they had taken it over.

    When a person holds it by another case already, this one expires. Harmless when it is not due.
    """
    inherit_each({case.pk: person}, at=at)
    return Case.objects.get(pk=case.pk)


@transaction.atomic
def inherit_each(heirs: Mapping[str, Reviewer], *, at: datetime) -> int:
    """``inherit`` for many cases and their heirs at once; returns how many were dealt with."""
    theirs = Conversation.objects.filter(pk__in=Case.objects.filter(pk__in=heirs).values("conversation"))
    talks = list(theirs.order_by("pk").select_for_update(no_key=True))
    mine: dict[int, list[Case]] = {talk.pk: [] for talk in talks}
    for case in _alive(mine, also=heirs):
        mine[case.conversation_id].append(case)
    due = {key: [case for case in mine[key] if case.pk in heirs and endings.is_overdue(case, at)] for key in mine}
    free = [(talk, min(due[talk.pk], key=_turn)) for talk in talks if due[talk.pk] and not talk.held_by_id]
    endings.run_out_each([case for talk in talks if talk.held_by_id for case in due[talk.pk]], at=at)
    told = [(talk, case, heirs[case.pk], _inherited(heirs[case.pk])) for talk, case in free]
    _take_each(told, [case for talk, _case in free for case in mine[talk.pk]], actor=SYSTEM, at=at)
    return sum(map(len, due.values()))


def _turn(case: Case) -> tuple[datetime, str]:
    return case.expires_at, case.pk


def _inherited(person: Reviewer) -> dict[str, Any]:
    return {"why": "expired", "to_user": person.reference, "to": person.display}


def _take_each(taken: Sequence[Taken], cases: Sequence[Case], *, actor: Actor, at: datetime) -> None:
    """Of these locked cases some are taken over, each in its own conversation; the others of it give way."""
    takers = {case.conversation_id: case for _talk, case, _person, _data in taken}
    endings.unsettled(takers.values()).update(undone_at=at)
    moved = [(case, data, _held_by(person, at)) for _talk, case, person, data in taken]
    lifecycle.advance_each(moved, "take_over", actor=actor, at=at)
    grants.void_each(takers.values(), why="take_over", actor=actor, at=at)
    for other in cases:
        if other.pk != (taker := takers[other.conversation_id]).pk:
            endings.give_way(other, actor=actor, at=at, to=taker.pk)
    for talk, case, _person, _data in taken:
        talk.version, talk.held_by_id = talk.version + 1, case.pk
        talk.note, talk.note_by_id, talk.note_at = "", None, None
    rows.update_each(Conversation, ("version", "held_by", "note", "note_by", "note_at"), [each[0] for each in taken])
    lifecycle.announce_each(list(takers.values()), "conversation.control", at=at)


def _held_by(person: Reviewer, at: datetime) -> dict[str, Any]:
    return {
        "claimed_by_id": person.pk,
        "claimed_at": at,
        "claim_expires_at": None,
        "effective_at": None,
        "release_at": None,
        "waiting_on": "",
    }


@transaction.atomic
def step_in(talk: Conversation, *, person: Reviewer, note: str, at: datetime, why: Why = UNSAID) -> Case:
    """Take over a conversation in which nothing waits for a person: whoever watches does not like what they see.

    The case that calls for a person already is taken, if there is one. Refused when a person has control
    (``not-pending``), and to whoever does not supervise (``forbidden``).
    """
    talk = _talk(talk.pk)
    if not person.may(rules.Permission.SUPERVISE):
        raise Refusal("forbidden", _("Only a supervisor steps into a conversation that calls for nobody."))
    if talk.held_by_id:
        says = _("A colleague has taken this conversation over.")
        raise Refusal("not-pending", says, extra={"case": talk.held_by_id})
    return take_over(listening.call(talk, by=person.display, at=at), person=person, note=note, at=at, why=why)


@transaction.atomic
def give_back(case: Case, *, person: Reviewer, note: str, at: datetime, why: Why = UNSAID) -> Case:
    """Control returns to the agent, who reads the note; the case stays ``taken_over`` for it and is closed here."""
    case = _held(case, person)
    lifecycle.advance(case, "return", actor=by(person), at=at, data={"note": note} | _said(why))
    _learn(case, why, at=at)
    _change(case, at, held_by_id=None, settled_at=at, note=note, note_by_id=person.pk, note_at=at)
    return case


@transaction.atomic
def finish(case: Case, *, person: Reviewer, resolved: bool, note: str, at: datetime, why: Why = UNSAID) -> Case:
    """End the conversation with the customer, resolved or not; when they write again, the agent answers."""
    case = _held(case, person)
    data = {"note": note, "resolved": resolved} | _said(why)
    lifecycle.advance(case, "finish", actor=by(person), at=at, data=data)
    _learn(case, why, at=at)
    said = {"note": note, "note_by_id": person.pk, "note_at": at}
    _change(case, at, held_by_id=None, settled_at=at, closed_at=at, resolved=resolved, **said)
    return case


def _from_whom(case: Case, person: Reviewer, note: str, at: datetime) -> dict[str, str]:
    """Whom it is taken from; they have to be told why."""
    holder = rules.works_on(case, at=at)
    if holder is None or holder.pk == person.pk:
        return {}
    if not note.strip():
        says = _("%(name)s is working on this case: write in the note why you take it from them. They read it.")
        says %= {"name": holder.display}
        raise Refusal("invalid-request", says, errors=({"pointer": "/note", "detail": says},))
    return {"from_user": holder.reference, "from": holder.display}


def _said(why: Why) -> dict[str, str]:
    if why.reason and why.reason not in takeovers.CODES:
        says = _("Say why the agent fell short, by one of the reasons.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/reason_code", "detail": says},))
    said = {"reason_code": why.reason, "knowledge_gap": why.gap.replace("\x00", "").strip()[:LONGEST_GAP]}
    return {name: text for name, text in said.items() if text}


def _learn(case: Case, why: Why, *, at: datetime) -> None:
    """What was kept of it before anybody had said why; and what it means for the decision that was contested."""
    if case.contests and why.reason:
        autonomy.look_at(case.contests, at=at)
    kept = Failure.objects.filter(case=case, origin=Failure.Origin.TAKEOVER)
    if why.reason == takeovers.NO_FAULT:
        kept.delete()
    elif why.reason:
        kept.update(reason=why.reason)


def _held(case: Case, person: Reviewer) -> Case:
    _talk(case.conversation_id)
    case = lifecycle.locked(case.pk)
    rules.require(person, "return", case)
    return case


def _locked(case: Case) -> tuple[Conversation, list[Case]]:
    """The conversation first, then its cases in one order: no two verbs wait for each other."""
    talk = _talk(case.conversation_id)
    return talk, _alive([talk.pk], also=[case.pk])


def _talk(conversation: int) -> Conversation:
    return Conversation.objects.select_for_update(no_key=True).get(pk=conversation)


def _alive(conversations: Collection[int], *, also: Collection[str]) -> list[Case]:
    """Every case of these in which something may still happen."""
    gone = (State.CLOSED, State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED)
    unspent = Q(grants__redeemed_at=None, grants__voided_at=None, grants__isnull=False)
    alive = Case.objects.filter(conversation_id__in=conversations)
    keys = set(alive.filter(~Q(state__in=gone) | unspent | Q(pk__in=also)).values_list("pk", flat=True))
    return list(Case.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def _change(case: Case, at: datetime, **changes: Any) -> None:
    """Control has changed: whoever follows the conversation hears of it."""
    Conversation.objects.filter(pk=case.conversation_id).update(version=F("version") + 1, **changes)
    lifecycle.announce(case, "conversation.control", at=at, conversation=case.conversation_id)
