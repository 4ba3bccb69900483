"""The only table that moves a case. Every step is a compare-and-set on state and version, and leaves a ledger row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.models import F
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _

from audit import ledger, making, rows
from reviewqueue import wake
from reviewqueue.engine.terms import terms
from reviewqueue.models import Case, Event, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from audit.actions import Actor


# A case on its way: with what the ledger is told of it, and the further columns that change, the same in each.
Moved = tuple[Case, Mapping[str, Any], Mapping[str, Any]]
# Most of what a case weighs; whoever moves many at once need not read it.
HEAVY: Final = ("proposal", "facts", "verdict", "search_terms")


class Step(NamedTuple):
    """From which states, to which (``None``: stays), what the ledger calls it, and how a person reads it."""

    sources: frozenset[State]
    target: State | None
    kind: str
    meaning: str


def _step(sources: str, target: str | None, kind: str, meaning: str) -> Step:
    return Step(frozenset(State(name) for name in sources.split()), State(target) if target else None, kind, meaning)


_WAITING = "queued claimed asked second_look watched"
TABLE: Final[dict[str, Step]] = {
    "queue": _step("", "queued", "case.queued", "a new case waits for a reviewer"),
    "release": _step("watched", "released", "case.released", "the policy lets the agent act"),
    "import": _step("", "imported", "case.imported", "stored history: nobody has to do anything about it"),
    "watch": _step("", "watched", "case.watched", "a new case will be released unless somebody stops it"),
    "stop": _step("watched", "queued", "case.stopped", "a supervisor stopped the release"),
    "claim": _step("queued second_look", "claimed", "case.claimed", "a reviewer took the case"),
    "hand_back": _step("claimed", "queued", "case.handed_back", "the reviewer gave it back, or the lease ran out"),
    "hand_back_second": _step("claimed", "second_look", "case.handed_back", "the second person gave it back"),
    "reroute": _step("queued claimed asked", "queued", "case.rerouted", "passed on to a person or another queue"),
    "ask": _step("claimed", "asked", "case.asked", "the reviewer asked a question"),
    "answer": _step("asked", "queued", "case.answered", "the answer came; the asker sees it first"),
    "second_look": _step("claimed", "second_look", "case.second_look", "one of two people has ruled"),
    "decide": _step("claimed", "decided", "case.decided", "decided; takes effect when the undo window closes"),
    "decide_part": _step("claimed", None, "case.decided", "some of the actions are decided"),
    "undo": _step("decided", "claimed", "case.undone", "the decider took it back in time"),
    "take_effect": _step(
        "decided queued claimed asked second_look",
        None,
        "case.took_effect",
        "the undo window closed; grants are issued",
    ),
    "take_over": _step(
        f"{_WAITING} taken_over", "taken_over", "case.taken_over", "a person took over, also from a colleague"
    ),
    "give_way": _step(
        f"{_WAITING} decided", "closed", "case.gave_way", "a person took the conversation over by another case of it"
    ),
    "return": _step("taken_over", "closed", "case.returned", "control went back to the agent"),
    "finish": _step("taken_over", "closed", "case.finished", "the person ended the conversation with the customer"),
    "expire": _step(_WAITING, "expired", "case.expired", "nobody decided in time; nothing was approved"),
    "decline": _step(_WAITING, "decided", "case.declined", "nobody decided in time; every action is declined"),
    "withdraw": _step(f"{_WAITING} decided", "withdrawn", "case.withdrawn", "the agent took its proposal back"),
    "supersede": _step(f"{_WAITING} decided", "superseded", "case.superseded", "a newer proposal replaced it"),
    "unmask": _step(f"{_WAITING} decided taken_over", "closed", "canary.revealed", "a control case is shown to be one"),
    "close": _step("decided released taken_over expired", "closed", "case.closed", "all that was granted is settled"),
}
# How a new case may start; "release" is also a step of a watched one.
OPENING: Final = ("queue", "release", "watch", "import")
# What the agent reads when nothing more will change for it.
OUTCOMES: Final = {
    State.RELEASED: "decided",
    State.TAKEN_OVER: "taken_over",
    State.EXPIRED: "expired",
    State.WITHDRAWN: "withdrawn",
    State.SUPERSEDED: "superseded",
    State.IMPORTED: "decided",
}


def open_case(case: Case, name: str, *, actor: Actor, at: datetime, data: Mapping[str, Any]) -> Case:
    """Store a new case in its first state, with its first ledger row and event."""
    _require_transaction()
    step = TABLE[name]
    if name not in OPENING or step.target is None:
        message = f"a case cannot start with {name!r}"
        raise ValueError(message)
    case.state, case.outcome = step.target, OUTCOMES.get(step.target, "")
    case.rank_at = case.ranked()
    case.search_terms = " ".join(terms(f"{case.pk} {case.customer_ref} {case.customer_name} {case.issue}"))
    rows.insert(case)
    body = {"version": case.version, **data}
    ledger.append(subject=case.subject, kind=step.kind, actor=actor, at=at, body=body, first=True)
    announce(case, step.kind, at=at)
    return case


def advance(
    case: Case, name: str, *, actor: Actor, at: datetime, data: Mapping[str, Any] | None = None, **changes: Any
) -> Case:
    """Move a case one step; ``changes`` are further columns, written in the same statement.

    Refused with ``not-pending`` when the table has no such step from here, and with ``stale-version`` when somebody
    else moved the case first.
    """
    _require_transaction()
    rows.store()
    step, left = TABLE[name], case.queue_id
    columns = _columns(case, step, at=at, changes=changes)
    unmoved = Case.objects.filter(pk=case.pk, state=case.state, version=case.version)
    if unmoved.update(**columns, ledger_seq=F("ledger_seq") + 1) != 1:
        raise Refusal("stale-version", _("Somebody else changed this case first. Look at it again."))
    _set(case, columns)
    body = {"version": case.version, **(data or {})}
    ledger.append(subject=case.subject, kind=step.kind, actor=actor, at=at, body=body)
    if left != case.queue_id:
        # Whoever sees only the queue that the case left must learn that it is gone.
        announce(case, "case.left_queue", at=at, queue=left)
    announce(case, step.kind, at=at)
    return case


def locked(case_id: str) -> Case:
    """The case as it stands, kept from other writers until the transaction ends.

    Without joins: after waiting for a lock, PostgreSQL would show the new row beside the old row's relations.
    """
    if found := rows.first(Case, f"WHERE id = %s{rows.locked(whole=True)}", [case_id]):
        return found
    raise Case.DoesNotExist


def read_proposals(cases: Iterable[Case]) -> None:
    """Fetch what locked cases propose, together, where it was left out."""
    unread = {case.pk: case for case in cases if "proposal" in case.get_deferred_fields()}
    for key, proposal in Case.objects.filter(pk__in=unread).values_list("pk", "proposal"):
        unread[key].proposal = proposal


def record(
    case: Case,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    data: Mapping[str, Any],
    conversation: int | None = None,
    **changes: Any,
) -> None:
    """A ledger row about a case that does not move it (a grant was redeemed, say); ``changes`` are further columns.

    Its version stays, so whoever looks at the case may go on: nothing that they decide about has changed.
    ``conversation``: what happened is its own, and news for whoever follows it.
    """
    _require_transaction()
    rows.store()
    if changes:
        changes["rank_at"] = case.ranked(**changes)
    Case.objects.filter(pk=case.pk).update(ledger_seq=F("ledger_seq") + 1, **changes)
    _set(case, changes)
    ledger.append(subject=case.subject, kind=kind, actor=actor, at=at, body=data)
    announce(case, kind, at=at, conversation=conversation)


def advance_each(moved: Sequence[Moved], name: str, *, actor: Actor, at: datetime) -> None:
    """``advance`` for many locked cases at once, in a few statements.

    Refused, as a whole, where one of them could not go this step.
    """
    walk_each([(name, moved)], actor=actor, at=at)


def walk_each(steps: Sequence[tuple[str, Sequence[Moved]]], *, actor: Actor, at: datetime) -> None:
    """``advance_each`` by several steps, one after the other: each case is stored once, as the last one leaves it."""
    _require_transaction()
    rows.store()
    taken, columns = Counter[Case](), dict.fromkeys(["ledger_seq"])
    entries: list[tuple[str, str, dict[str, Any]]] = []
    events: list[Event] = []
    for name, moved in steps:
        step = TABLE[name]
        for case, data, changes in moved:
            left, changed = case.queue_id, _columns(case, step, at=at, changes=changes)
            _set(case, changed)
            taken[case] += 1
            columns |= dict.fromkeys(changed)
            entries.append((case.subject, step.kind, {"version": case.version, **data}))
            if left != case.queue_id:
                events.append(_event(case, "case.left_queue", at, queue=left))
            events.append(_event(case, step.kind, at))
    if not taken:
        return
    for number in set(taken.values()):
        _store_each([case for case in taken if taken[case] == number], tuple(columns), number)
    ledger.append_each(entries, actor=actor, at=at)
    rows.insert_each(events)
    wake.after_commit()


def _store_each(cases: list[Case], columns: tuple[str, ...], steps: int) -> None:
    if rows.update_each(Case, columns, cases, unless_newer="version", by=steps) != len(cases):
        raise Refusal("stale-version", _("Somebody else changed this case first. Look at it again."))


def _columns(case: Case, step: Step, *, at: datetime, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What changes in a case by a step that it may take now."""
    if case.state not in step.sources:
        raise Refusal("not-pending", _("This case is %(state)s.") % {"state": case.get_state_display()})
    target = step.target or State(case.state)
    columns = {"state": target, "version": case.version + 1, "updated_at": at, **changes}
    columns.setdefault("outcome", OUTCOMES.get(target, case.outcome))
    columns["rank_at"] = case.ranked(**columns)
    return columns


def _set(case: Case, columns: Mapping[str, Any]) -> None:
    for column, value in columns.items():
        setattr(case, column, value)
    case.ledger_seq += 1


def record_each(
    told: Sequence[tuple[Case, str, Mapping[str, Any]]], *, actor: Actor, at: datetime, columns: tuple[str, ...] = ()
) -> None:
    """``record`` for many locked cases at once, in a few statements; each is (case, kind, data).

    ``columns``: what has changed in these cases, each of which is told of once then; stored as it stands in them.
    """
    _require_transaction()
    rows.store()
    for case, _kind, _data in told:
        case.ledger_seq += 1
    rows.update_each(Case, ("ledger_seq", *columns), list({case.pk: case for case, _kind, _data in told}.values()))
    ledger.append_each(((case.subject, kind, data) for case, kind, data in told), actor=actor, at=at)
    rows.insert_each([_event(case, kind, at) for case, kind, _data in told])
    wake.after_commit()


def _event(case: Case, kind: str, at: datetime, *, queue: str | None = None) -> Event:
    event = making.new(Event, kind=kind, case_id=case.pk, agent_id=case.agent_id, version=case.version, at=at)
    event.queue_id = queue or case.queue_id
    return event


def _require_transaction() -> None:
    """Steps are parts of a verb, which opens the transaction; a savepoint for each would cost two more trips."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a case moves only inside the transaction of a verb")


def announce(case: Case, kind: str, *, at: datetime, queue: str | None = None, conversation: int | None = None) -> None:
    """Write the event that browsers, agents and deliveries read, and ring after the commit."""
    event = _event(case, kind, at, queue=queue)
    event.conversation_id = conversation
    rows.insert(event)
    wake.after_commit()


def announce_each(cases: Sequence[Case], kind: str, *, at: datetime) -> None:
    """``announce`` what happened to the conversations of these cases."""
    events = [_event(case, kind, at) for case in cases]
    for event, case in zip(events, cases, strict=True):
        event.conversation_id = case.conversation_id
    rows.insert_each(events)
    wake.after_commit()


def steps_from(state: str) -> list[str]:
    """The steps that the table has from a state."""
    return [name for name, step in TABLE.items() if state in step.sources]


def page() -> str:
    """``docs/lifecycle.md``: this table, for people."""
    lines = ["# Lifecycle of a case", "", "Made from `reviewqueue/domain/lifecycle.py` by `manage.py lifecycle`.", ""]
    lines += ["| step | from | to | ledger | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, step in TABLE.items():
        sources = ", ".join(sorted(state.upper() for state in step.sources))
        sources = ", ".join(filter(None, ["new" if name in OPENING else "", sources]))
        target = step.target.upper() if step.target else "stays"
        lines.append(f"| `{name}` | {sources} | {target} | `{step.kind}` | {step.meaning} |")
    return "\n".join(lines) + "\n"
