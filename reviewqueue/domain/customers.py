"""What a customer can ask for by their link: a person, a call, and that somebody else looks at a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM
from reviewqueue.domain import desk_made, lifecycle
from reviewqueue.domain.desk_made import Wish
from reviewqueue.engine.surroundings import CALLBACKS
from reviewqueue.models import Canary, Case, Conversation, Queue, Request
from reviewqueue.queries import calls
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_TEXT: Final = 2000
LONGEST_PHONE: Final = 40
# A call can be wished for within two weeks.
FARTHEST: Final = timedelta(days=14)
# What the law gives for an answer (GDPR Art. 12).
CONTEST_LASTS: Final = timedelta(days=30)
_CALL_LASTS: Final = timedelta(days=2)
# Somebody whose wish was dealt with may ask again, but not without end.
_MOST: Final = 3
_DIGITS: Final = range(5, 16)


@transaction.atomic
def ask_for_human(case: Case, *, text: str, at: datetime) -> Request:
    """The customer wants to talk to a person: a case in the same queue, ahead of others. Twice is once."""
    text = _said(text)
    wish = Wish(
        name="talk_to_a_person",
        args={"words": text},
        says="the customer asks for a person",
        queue=case.queue_id,
        words=text,
        summary=_about(case),
        priority="high",
        **_whose(case),
    )
    return _once(case, Request.Kind.HUMAN, wish, at=at)


@transaction.atomic
def leave_callback(case: Case, *, phone: str, wanted_at: datetime | None, text: str, at: datetime) -> Request:
    """The customer wants a call at a time (``None``: as soon as possible): a case in the queue of callbacks.

    Refused (``invalid-request``): a number that is none, a time that is over or more than two weeks away, one that is
    no full hour in which calls are made, and an hour for which as many calls are promised as people can make.
    """
    text, phone = _said(text), _phone(phone)
    if wanted_at and not at < wanted_at <= at + FARTHEST:
        raise _unfit("/wanted_at", _("Choose a time within the next two weeks."))
    if wanted_at and not calls.made_at(wanted_at):
        raise no_call_then()
    wish = Wish(
        name="call_back",
        args={"phone": phone, "wanted_at": wanted_at.isoformat() if wanted_at else None, "words": text},
        says="the customer wants to be called",
        queue=CALLBACKS,
        words=text,
        summary=_about(case),
        due_at=wanted_at,
        lasts=_CALL_LASTS,
        **_whose(case),
    )
    # Calls are promised one after the other: two customers do not both get the last one of an hour.
    queue, _new = Queue.objects.get_or_create(name=CALLBACKS)
    Queue.objects.select_for_update().get(pk=queue.pk)
    return _once(case, Request.Kind.CALLBACK, wish, at=at, wanted_at=wanted_at)


def no_call_then() -> Refusal:
    """For a time at which nobody calls, and for what is no time."""
    return _unfit("/wanted_at", _("Nobody calls at that time. Choose one of the times that are offered."))


@transaction.atomic
def contest(case: Case, *, text: str, at: datetime) -> Request:
    """The customer does not accept what was decided: somebody who did not decide it looks again.

    Refused (``not-pending``) while nothing is decided.
    """
    fresh = lifecycle.locked(case.pk)
    if not contestable(fresh):
        raise Refusal("not-pending", _("Nothing has been decided yet that could be contested."))
    text = _said(text)
    wish = Wish(
        name="look_again",
        args={"case": case.pk, "words": text},
        says="the customer contests a decision",
        queue=case.queue_id,
        words=text,
        summary=_about(case),
        priority="high",
        lasts=CONTEST_LASTS,
        contests=case,
        **_whose(case),
    )
    return _once(case, Request.Kind.CONTEST, wish, at=at)


def contestable(case: Case) -> bool:
    """Has somebody, or the policy, decided something that took effect?"""
    return case.outcome in {"decided", "expired"} and not case.contests_id


def _once(case: Case, kind: Request.Kind, wish: Wish, *, at: datetime, wanted_at: datetime | None = None) -> Request:
    fresh = lifecycle.locked(case.pk)
    earlier = list(fresh.requests.filter(kind=kind).select_related("made"))
    if waiting := next((each for each in earlier if not each.made.outcome), None):
        return waiting
    if wanted_at and not calls.free(wanted_at):
        raise _unfit("/wanted_at", _("This hour is full by now. Please choose another one."))
    if len(earlier) >= _MOST:
        raise Refusal("too-often", _("You asked for this several times already. Please use the contact form."))
    if Canary.objects.filter(pk=fresh.pk).exists():
        return _to_nobody(fresh, kind, wish, at=at, wanted_at=wanted_at)
    conversation = Conversation.objects.select_related("agent").get(pk=fresh.conversation_id)
    made = desk_made.open_case(wish, conversation=conversation, at=at)
    _note(fresh, kind, wish, made, at=at)
    return Request.objects.create(case=fresh, kind=kind, made=made, wanted_at=wanted_at, at=at)


def _to_nobody(case: Case, kind: Request.Kind, wish: Wish, *, at: datetime, wanted_at: datetime | None) -> Request:
    """There is no customer behind a control case: its page answers as any other, and nothing comes of it."""
    known = {"case": case, "kind": kind, "wanted_at": wanted_at, "at": at}
    asked, new = Request.objects.get_or_create(made=case, defaults=known)
    if new:
        _note(case, kind, wish, case, at=at)
    return asked


def _note(case: Case, kind: Request.Kind, wish: Wish, made: Case, *, at: datetime) -> None:
    data = {"wish": str(kind), "made": made.pk, "text": wish.words}
    lifecycle.record(case, "case.customer_asked", actor=SYSTEM, at=at, data=data)


def _whose(case: Case) -> dict[str, Any]:
    return {"customer": case.document.get("customer") or {}, "language": case.language}


def _about(case: Case) -> str:
    return f"About {case.pk}: {case.issue}" if case.issue else f"About {case.pk}"


def _said(text: str) -> str:
    text = _clean(text)
    if len(text) > LONGEST_TEXT:
        raise _unfit("/text", _("Please write at most %d characters.") % LONGEST_TEXT)
    return text


def _phone(given: str) -> str:
    number = _clean(given)
    digits = sum(character.isdecimal() for character in number)
    strange = [character for character in number if not (character.isascii() and character in "+0123456789 ()/-.")]
    if strange or digits not in _DIGITS or len(number) > LONGEST_PHONE:
        raise _unfit("/phone", _("Please give a telephone number with its area code, such as +49 30 1234567."))
    return number


def _clean(text: str) -> str:
    """Without what a database or a ledger cannot keep."""
    return "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff").strip()


def _unfit(pointer: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": pointer, "detail": says},))
