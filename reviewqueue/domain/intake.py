"""An agent proposes: the one way in. Every proposal becomes a case, also those that no person needs to see."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit import making, rows
from audit.actions import Actor
from reviewqueue.domain import budgets, endings, friction, grants, lifecycle, policies, routing, rungs, worth
from reviewqueue.engine import canonical, facts, triggers
from reviewqueue.models import DEFAULT_QUEUE, Agent, Case, Conversation, Decision, Oversight, Priority, Queue
from reviewqueue.queries import brakes, glance, history, queues, transcript
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from reviewqueue.engine.budgets import Overrun
    from reviewqueue.engine.ladder import Floor
    from reviewqueue.engine.policy import Policy
    from reviewqueue.engine.triggers import Verdict

_log = logging.getLogger(__name__)
_RELEASING = {Oversight.OUT_OF_THE_LOOP, Oversight.ON_THE_LOOP}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A validated proposal: ``document`` with defaults filled in, ``raw`` the bytes as received, and their digest.

    ``sent`` is what ``raw`` reads as, where it has been read already.
    """

    document: dict[str, Any]
    raw: str
    digest: str
    trace_parent: str = ""
    sent: dict[str, Any] | None = None


def propose(proposal: Proposal, *, agent: Agent, at: datetime) -> tuple[Case, bool]:
    """Store a proposal and let the policy judge it; returns the case and whether it is new.

    The same ``dedupe_key`` with equal content answers with the case as it stands; with other content it is refused
    (``dedupe-conflict``). Refused as well: a conversation that a person holds (``not-pending``), and ``supersedes``
    naming a case that is not of this conversation (``invalid-proposal``).
    """
    known = _look(proposal, agent, at)
    try:
        return _proposed(proposal, agent, known, at)
    except IntegrityError:
        # A retry that overtook its own first try, or another proposal that opened the conversation meanwhile.
        now = _look(proposal, agent, at)
        if (now.case, now.conversation) == (known.case, known.conversation):
            raise
        return _proposed(proposal, agent, now, at)


def _proposed(proposal: Proposal, agent: Agent, known: glance.Glance, at: datetime) -> tuple[Case, bool]:
    if known.case:
        return _same(proposal, agent), False
    if known.held_by:
        raise _persons_turn(known.held_by)
    case, verdict, policy = _judged(proposal, agent, known, at)
    with rows.atomic():
        case.conversation_id = _conversation(proposal.document, agent, known, at)
        _supersede(proposal.document, case, at)
        if policy.budgets:
            case, verdict = _within_budgets(proposal, case, verdict, policy, at=at)
        _start(case, verdict, at=at)
        if case.standing:
            rungs.remember(case, case.standing, at=at)
        return case, True


def require_agents_turn(conversation: int) -> None:
    """Keep control where it is until the transaction ends; refused (``not-pending``) when a person has it."""
    ((held_by,),) = rows.values(Conversation, ("held_by_id",), f"WHERE id = %s{rows.locked()}", [conversation])
    if held_by:
        raise _persons_turn(held_by)


def _persons_turn(held_by: str) -> Refusal:
    says = _("A person holds this conversation; the agent must not act in it.")
    return Refusal("not-pending", says, extra={"case": held_by})


def _look(proposal: Proposal, agent: Agent, at: datetime) -> glance.Glance:
    document = proposal.document
    return glance.at_proposal(
        agent=agent.pk,
        dedupe_key=document["dedupe_key"],
        conversation=document["conversation"]["id"],
        customer=_customer(document),
        at=at,
    )


def _same(proposal: Proposal, agent: Agent) -> Case:
    case = Case.objects.get(agent=agent, dedupe_key=proposal.document["dedupe_key"])
    if case.content_digest != proposal.digest:
        says = _("This dedupe_key already names another proposal; use a new key for new content.")
        raise Refusal("dedupe-conflict", says, extra={"case": case.pk})
    return case


def _judged(proposal: Proposal, agent: Agent, known: glance.Glance, at: datetime) -> tuple[Case, Verdict, Policy]:
    document = proposal.document
    record = transcript.record(known.conversation) if known.conversation else []
    told = document["conversation"].get("messages") or []
    messages = transcript.merge(record, told)
    if known.conversation:
        messages = transcript.with_letters(messages, transcript.letters(known.conversation))
    contacts = known.contacts + (known.conversation is None) if _customer(document) else None
    number, policy = policies.known(known.policy, known.policy_digest, at=at)
    seen = facts.gather(
        _flagged(document, transcript.rewritten(record, told)),
        agent=agent.name,
        team=agent.team,
        messages=messages,
        history=history.of(document, known.conversation, messages, contacts=contacts, at=at),
    )
    standing = rungs.standings(agent, document) if known.climbs else ()
    paused = _paused(agent, document) if known.paused else ()
    verdict = judge(policy, seen, paused=paused, floors=rungs.floors(standing))
    case = case_of(proposal, agent=agent, verdict=verdict, policy=policy, at=at, stamps=known.queues)
    case.policy_id, case.facts, case.standing = number, seen, standing
    if proposal.sent is not None:
        case.document = proposal.sent
    return case, verdict, policy


def _within_budgets(
    proposal: Proposal, case: Case, verdict: Verdict, policy: Policy, *, at: datetime
) -> tuple[Case, Verdict]:
    """As it is, or held for a person where it does not fit into what may run without one."""
    step, granted = _opening_step(case, verdict)
    running = {action.call_id for action in verdict.actions} if step == "watch" else granted
    over = budgets.exceeded(case, policy, granted=running, at=at, spend=step != "watch")
    if not over:
        return case, verdict
    paused = [reason.says for reason in verdict.reasons if reason.trigger == "paused"]
    verdict = judge(policy, case.facts, paused=paused, overruns=over, floors=rungs.floors(case.standing))
    held = case_of(proposal, agent=case.agent, verdict=verdict, policy=policy, at=at)
    held.conversation_id, held.policy_id, held.facts = case.conversation_id, case.policy_id, case.facts
    held.document, held.standing = case.document, case.standing
    return held, verdict


def _paused(agent: Agent, document: dict[str, Any]) -> list[str]:
    return [brakes.sentence(pause) for pause in brakes.covering(brakes.proposed(agent.name, document))]


def judge(
    policy: Policy,
    seen: dict[str, Any],
    *,
    paused: Sequence[str] = (),
    overruns: Sequence[Overrun] = (),
    floors: Sequence[Floor] = (),
) -> Verdict:
    """The policy's verdict, not looser than the ladder; one that cannot be reached holds the case for a person."""
    try:
        return triggers.evaluate(policy, seen, paused=paused, overruns=overruns, floors=floors)
    except Exception:  # noqa: BLE001 - whatever went wrong, nothing is released because of it
        _log.exception("The policy could not be evaluated; the case is held for a person")
        return triggers.held(seen, says=_("The policy could not be evaluated; a person must look."))


def stage(proposal: Proposal, *, agent: Agent, at: datetime, first: Callable[[Case, Verdict], bool]) -> Case | None:
    """Open a case that no agent sent, judged like any other, if ``first`` agrees; must run inside a transaction.

    ``first`` is asked before anything of it is stored. Nothing of it is released, whatever the policy says.
    """
    known = _look(proposal, agent, at)
    case, verdict, _policy = _judged(proposal, agent, known, at)
    step, free = _opening_step(case, verdict)
    if step != "queue" or free or not first(case, verdict):
        return None
    case.conversation_id = _conversation(proposal.document, agent, known, at)
    return _start(case, verdict, at=at)


def _conversation(document: dict[str, Any], agent: Agent, known: glance.Glance, at: datetime) -> int:
    """The conversation's key, with the turn of the agent kept; a new one is stored."""
    if known.conversation is not None:
        require_agents_turn(known.conversation)
        return known.conversation
    said = document["conversation"]
    talk = making.new(
        Conversation,
        id=known.next_conversation,
        agent=agent,
        external_id=said["id"],
        channel=said.get("channel") or "",
        customer_ref=_customer(document),
        created_at=at,
    )
    rows.insert(talk)
    return talk.pk


def _customer(document: dict[str, Any]) -> str:
    return (document.get("customer") or {}).get("id") or ""


def _supersede(document: dict[str, Any], case: Case, at: datetime) -> None:
    if not (old_id := document.get("supersedes")):
        return
    same = Case.objects.select_for_update().filter(agent_id=case.agent_id, conversation_id=case.conversation_id)
    old = same.filter(pk=old_id).first()
    if old is None or old.raised_by_desk:
        raise _unfit("/supersedes", _("There is no such case in this conversation."))
    endings.supersede(old, actor=Actor("agent", case.agent.name), at=at, by=document["dedupe_key"])


def _unfit(pointer: str, detail: str) -> Refusal:
    return Refusal(
        "invalid-proposal", _("The proposal does not fit."), errors=({"pointer": pointer, "detail": detail},)
    )


def _flagged(document: dict[str, Any], rewritten: list[int]) -> dict[str, Any]:
    if not rewritten:
        return document
    signals = dict(document.get("signals") or {})
    signals["risk_flags"] = [*(signals.get("risk_flags") or []), "conversation-rewritten"]
    return document | {"signals": signals}


def case_of(
    proposal: Proposal, *, agent: Agent, verdict: Verdict, policy: Policy, at: datetime, stamps: str = ""
) -> Case:
    """The case of a judged proposal, not stored yet; ``stamps``: of all queues, where they are known."""
    document = proposal.document
    made_by = document.get("agent") or {}
    customer = document.get("customer") or {}
    amount, currency = worth.largest_value(document["actions"])
    return making.new(
        Case,
        agent=agent,
        dedupe_key=document["dedupe_key"],
        content_digest=proposal.digest,
        proposal=proposal.raw,
        trace_parent=proposal.trace_parent,
        oversight=verdict.mode,
        verdict=verdict.as_json(),
        agent_version=made_by.get("version") or "",
        agent_model=made_by.get("model") or "",
        agent_prompt=made_by.get("prompt") or "",
        agent_knowledge=made_by.get("knowledge") or "",
        intent=document.get("intent") or "",
        workflow=document.get("workflow") or "",
        channel=document["conversation"].get("channel") or "",
        language=document.get("language") or "",
        customer_ref=customer.get("id") or "",
        customer_name=customer.get("name") or "",
        customer_tier=customer.get("tier") or "",
        issue=_issue(document),
        value=amount,
        value_currency=currency,
        worth=worth.largest_worth(document["actions"], policy),
        queue=_queue(verdict.queue or DEFAULT_QUEUE, stamps),
        priority=Priority[verdict.priority.upper()],
        risk=verdict.risk,
        skills=sorted(verdict.skills),
        eyes=friction.eyes(verdict.risk, verdict.eyes),
        created_at=at,
        updated_at=at,
        expires_at=at + timedelta(seconds=document.get("expires_in") or policy.expiry_seconds),
    )


def _issue(document: dict[str, Any]) -> str:
    stated = (document.get("briefing") or {}).get("issue")
    said = (m["text"] for m in document["conversation"].get("messages") or [] if m["role"] == "customer")
    return (stated or next(said, "") or "")[:300]


def _queue(name: str, stamps: str) -> Queue:
    """The queue that a verdict names; it is made when it is missing."""
    known = queues.named(name, stamps=stamps) if stamps else rows.find(Queue, name=name)
    return known or Queue.objects.get_or_create(name=name)[0]


def _start(case: Case, verdict: Verdict, *, at: datetime) -> Case:
    step, approved = _opening_step(case, verdict)
    approvals = grants.approvals(case, approved, at=at)
    if step != "release":
        case.waiting_on = "reviewer"
    if step == "watch":
        case.release_at = at + timedelta(seconds=max(action.veto_seconds for action in verdict.actions))
    actor, data = Actor("agent", case.agent.name), opening(case, verdict, approvals)
    if step == "queue":
        routing.admit(case, actor=actor, data=data, at=at)
    else:
        lifecycle.open_case(case, step, actor=actor, at=at, data=data)
    if approvals:
        grants.release(case, approvals, at=at)
    return case


def _opening_step(case: Case, verdict: Verdict) -> tuple[str, set[str]]:
    """How the case starts, and which of its actions run at once."""
    free = {a.call_id for a in verdict.actions if a.mode in _RELEASING and not a.veto_seconds}
    veto = max((action.veto_seconds for action in verdict.actions), default=0)
    step = "queue" if verdict.mode not in _RELEASING else "watch" if veto else "release"
    # Together means that nothing is free before all of it is.
    return step, free if step == "release" or (step == "queue" and not case.releases_together) else set()


def opening(case: Case, verdict: Verdict, approvals: list[Decision]) -> dict[str, Any]:
    """What the ledger keeps of how a case began."""
    return {
        "policy_version": case.policy_id,
        "mode": verdict.mode,
        "reasons": list(dict.fromkeys(reason.says for reason in verdict.reasons)),
        "proposal_digest": case.content_digest,
        "decisions": grants.summary(approvals),
        **({"rungs": {each.call_id: each.rung for each in case.standing}} if case.standing else {}),
        "actions": [
            {"call_id": action["call_id"], "digest": canonical.digest({"name": action["name"], "args": action["args"]})}
            for action in case.actions
        ],
    }
