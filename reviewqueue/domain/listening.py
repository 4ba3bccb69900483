"""The live feed: what is said is kept, and when a rule about talk fires, a person is called, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from audit import ledger, rows
from audit.actions import SYSTEM, Actor
from reviewqueue.domain import endings, intake, lifecycle, policies, raising
from reviewqueue.engine import canonical, facts, mood, retention, triggers
from reviewqueue.models import Agent, Case, Conversation, State, Telling
from reviewqueue.queries import history, recall, transcript
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reviewqueue.queries.transcript import Message, Told

_CALLS = {"review", "handoff"}
# What is older has been judged when it was new.
_MOST_JUDGED = 500
_LEARNT = (
    "heard_at",
    "customer",
    "customer_ref",
    "channel",
    "language",
    "draft",
    "closed_at",
    "resolved",
    "csat",
    "version",
)


@dataclass(frozen=True, slots=True)
class Feed:
    """What one call tells: messages as sent, and what is known of the customer; ``None`` changes nothing."""

    messages: Sequence[Message] = ()
    customer: Mapping[str, Any] | None = None
    signals: Mapping[str, Any] = field(default_factory=dict)
    channel: str | None = None
    language: str | None = None
    draft: str | None = None


class Standing(NamedTuple):
    """A conversation, and the case that a person has to look at or has taken over; ``None`` when there is none."""

    talk: Conversation
    case: Case | None


@transaction.atomic
def tell(external_id: str, feed: Feed, *, agent: Agent, at: datetime) -> Standing:
    """Keep what is new, and judge it: a firing opens one case for the conversation, however much more is said.

    Messages without ``seq`` go behind all that is known. One that is known stays as it was told first.
    """
    talk = _opened(external_id, agent, at)
    told = transcript.tellings(talk.pk)
    record = transcript.merge(*(part.messages for part in told))
    fresh, rewritten = _new(feed.messages, record, at)
    if talk.held_by_id:
        fresh = [message | {"out_of_turn": True} if message["role"] == "agent" else message for message in fresh]
    telling = Telling(conversation=talk, messages=fresh, signals=_flagged(feed.signals, rewritten), at=at)
    whole = transcript.merge(record, fresh)
    telling.asked_again = _asked_again(talk, whole, fresh)
    if fresh or feed.signals:
        rows.insert(telling)
    _learn(talk, feed, fresh, at)
    case = _holding(talk) or _waiting(talk)
    if fresh or rewritten or feed.signals:
        case = _listen(talk, case, [*told, transcript.Told(at, fresh)], telling, at)
        _record(talk, telling, case, at)
    return Standing(talk, case)


@transaction.atomic
def close(
    talk: Conversation,
    *,
    agent: Agent,
    resolved: bool | None,
    csat: int | None,
    closed_at: datetime | None,
    at: datetime,
) -> Conversation:
    """The conversation has ended. Later calls complete what is known of it; the same again changes nothing."""
    talk = _locked(talk.pk)
    said = {"closed_at": closed_at, "resolved": resolved, "csat": csat}
    news = {name: value for name, value in said.items() if value is not None and value != getattr(talk, name)}
    if talk.closed_at is None:
        news.setdefault("closed_at", at)
    if news:
        body = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in news.items()}
        _changed(talk, "conversation.closed", agent, at, body, **news)
    return talk


@transaction.atomic
def reopen(talk: Conversation, *, agent: Agent, at: datetime) -> Conversation:
    """The conversation goes on; harmless when it never ended."""
    talk = _locked(talk.pk)
    if talk.closed_at is not None:
        _changed(talk, "conversation.reopened", agent, at, {}, closed_at=None, resolved=None, csat=None)
    return talk


def find(external_id: str, *, agent: Agent) -> Conversation:
    """The agent's own conversation; another's and one that never was are refused alike."""
    talk = Conversation.objects.filter(agent=agent, external_id=external_id).select_related("note_by").first()
    if talk is None:
        raise Refusal("not-found", _("There is no such conversation."))
    return talk


def call(talk: Conversation, *, by: str, at: datetime) -> Case:
    """The case that calls a person to a locked conversation; a new one when none does."""
    if case := _waiting(talk):
        return case
    told = transcript.tellings(talk.pk)
    heard = _judged(talk, told, Telling(conversation=talk, at=at), at)
    verdict = triggers.held(heard.facts, says=f"{by} stepped in")
    record = transcript.merge(*(part.messages for part in told))
    heard = heard._replace(verdict=verdict)
    return raising.raise_case(talk, agent=talk.agent, heard=heard, record=record, signals={}, at=at)


def _opened(external_id: str, agent: Agent, at: datetime) -> Conversation:
    rows.insert_new(Conversation(agent=agent, external_id=external_id, created_at=at))
    talk = Conversation.objects.select_for_update(no_key=True).get(agent=agent, external_id=external_id)
    talk.agent = agent
    return talk


def _locked(pk: int) -> Conversation:
    return Conversation.objects.select_for_update(no_key=True).get(pk=pk)


def _new(messages: Iterable[Message], record: list[Message], at: datetime) -> tuple[list[Message], list[int]]:
    """What the record has not, each message in its place, and what is told differently now."""
    after = record[-1]["seq"] if record else 0
    placed = [
        message if message.get("seq") is not None else message | {"seq": after + n}
        for n, message in enumerate(messages, 1)
    ]
    known = {message["seq"] for message in record}
    fresh = [message for message in placed if message["seq"] not in known]
    # A single message without a time was said just now; of a whole history nobody knows when.
    if len(fresh) == 1 and not fresh[0].get("at"):
        fresh = [fresh[0] | {"at": at.isoformat()}]
    return fresh, transcript.rewritten(record, placed)


def _flagged(signals: Mapping[str, Any], rewritten: list[int]) -> dict[str, Any]:
    flags = [*(signals.get("risk_flags") or []), *(["conversation-rewritten"] if rewritten else [])]
    return {**signals, "risk_flags": flags} if flags else dict(signals)


def _asked_again(talk: Conversation, record: list[Message], fresh: list[Message]) -> list[dict[str, str]]:
    """What the agent asks again after a person gave the conversation back (R108)."""
    said = [message["text"] for message in fresh if message["role"] == "agent"]
    if talk.settled_at is None or talk.held_by_id or not said:
        return []
    known = recall.of(talk.pk, record)
    return [fact.as_json() for fact in retention.asked_again("\n".join(said), known)]


def _learn(talk: Conversation, feed: Feed, fresh: list[Message], at: datetime) -> None:
    talk.heard_at = at
    if feed.customer:
        talk.customer = {**talk.customer, **{name: value for name, value in feed.customer.items() if value}}
        talk.customer_ref = talk.customer_ref or feed.customer.get("id") or ""
    talk.channel, talk.language = feed.channel or talk.channel, feed.language or talk.language
    talk.draft = talk.draft if feed.draft is None else feed.draft
    if talk.closed_at and any(message["role"] == "customer" for message in fresh):
        talk.closed_at = talk.resolved = talk.csat = None
        talk.version += 1
    talk.save(update_fields=_LEARNT)


def _holding(talk: Conversation) -> Case | None:
    return Case.objects.select_related("queue", "agent").get(pk=talk.held_by_id) if talk.held_by_id else None


def _waiting(talk: Conversation) -> Case | None:
    """The case of this conversation that calls for a person, whoever opened it."""
    calling = Case.objects.filter(conversation=talk, oversight="human_only", state__in=endings.WAITING)
    return calling.select_related("queue", "agent").order_by("-priority", "created_at").first()


def _listen(talk: Conversation, case: Case | None, told: Sequence[Told], telling: Telling, at: datetime) -> Case | None:
    """The case that calls a person now: the one there is, unless what is heard asks for more than it does."""
    if talk.held_by_id:
        return case
    heard = _judged(talk, told, telling, at)
    calling = [reason for reason in heard.verdict.reasons if reason.outcome in _CALLS]
    if not calling:
        return case
    heard = heard._replace(verdict=replace(heard.verdict, reasons=tuple(calling)))
    if case is not None and not (
        case.raised_by_desk and case.state == State.QUEUED and raising.is_graver(case, heard.verdict)
    ):
        return case
    record = transcript.merge(*(part.messages for part in told))
    graver = raising.raise_case(talk, agent=talk.agent, heard=heard, record=record, signals=telling.signals, at=at)
    if case is not None:
        endings.supersede(lifecycle.locked(case.pk), actor=SYSTEM, at=at, by=graver.pk)
    return graver


def _judged(talk: Conversation, told: Sequence[Told], telling: Telling, at: datetime) -> raising.Heard:
    """Only what was said since a person was last done with the conversation counts: they have read the rest."""
    since = _settled_at(talk)
    recent = transcript.merge(*(part.messages for part in told if since is None or part.at > since))
    document = {
        "conversation": {"id": talk.external_id, "channel": talk.channel},
        "language": talk.language,
        "customer": talk.customer,
        "signals": telling.signals,
        "actions": [raising.STEP_ASIDE],
    }
    past = history.of_talk(talk, recent, at=at)
    said = mood.scored(recent[-_MOST_JUDGED:], language=talk.language)
    seen = facts.gather(document, agent=talk.agent.name, team=talk.agent.team, messages=said, history=past)
    number, policy = policies.current(at=at)
    return raising.Heard(seen, intake.judge(policy.of_talk, seen), policy, number)


def _settled_at(talk: Conversation) -> datetime | None:
    ruled = Case.objects.filter(conversation=talk, outcome="decided", oversight="human_only")
    moments = [talk.settled_at, ruled.order_by("-updated_at").values_list("updated_at", flat=True).first()]
    return max((moment for moment in moments if moment), default=None)


def _record(talk: Conversation, telling: Telling, case: Case | None, at: datetime) -> None:
    """The ledger knows the digest of what was told; whoever looks at the case hears that there is more to read."""
    body = {
        "messages": len(telling.messages),
        "digest": canonical.digest({"messages": telling.messages, "signals": telling.signals}),
        "asked_again": [fact["kind"] for fact in telling.asked_again],
        "case": case.pk if case else None,
    }
    _append(talk, "conversation.told", talk.agent, at, body)
    if case is not None:
        lifecycle.announce(case, "conversation.told", at=at)


def _changed(
    talk: Conversation, kind: str, agent: Agent, at: datetime, body: Mapping[str, Any], **changes: Any
) -> None:
    for name, value in changes.items():
        setattr(talk, name, value)
    Conversation.objects.filter(pk=talk.pk).update(version=F("version") + 1, **changes)
    talk.version += 1
    _append(talk, kind, agent, at, body)
    if case := _holding(talk) or _waiting(talk):
        lifecycle.announce(case, kind, at=at)


def _append(talk: Conversation, kind: str, agent: Agent, at: datetime, body: Mapping[str, Any]) -> None:
    Conversation.objects.filter(pk=talk.pk).update(ledger_seq=F("ledger_seq") + 1)
    ledger.append(subject=talk.subject, kind=kind, actor=Actor("agent", agent.name), at=at, body=body)
