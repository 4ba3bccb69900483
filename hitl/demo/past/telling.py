"""One case of the past, from the proposal to the customer's mark: all of it or nothing, never half-told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Value

from hitl.accounts.models import User
from hitl.api.schemas.proposals import Proposal
from hitl.demo.colleagues import agreed, amount_of, ruled
from hitl.demo.past import weeks
from hitl.demo.scenarios.script import Ruling, approve
from reviewqueue import rules
from reviewqueue.domain import claims, decisions, grants, intake, listening
from reviewqueue.domain.decisions import Look, Outcome
from reviewqueue.engine import canonical
from reviewqueue.models import Agent, Case, State
from reviewqueue.queries import briefing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitl.demo.encounters import Encounter
    from hitl.demo.past.weeks import Happened

_EXECUTOR: Final = "wrenfold-till"
_TOUCHES: Final = 0.4
# How satisfied customers are who were told something wrong, and the others, from 1 to 5.
_ANGRY: Final = (5, 4, 2, 1, 0)
_CONTENT: Final = (0, 1, 2, 5, 8)


@transaction.atomic
def tell(happened: Happened, people: Sequence[User]) -> Case:
    """Tell the desk; what it knows already stays as it is."""
    agent = Agent.objects.get(name=happened.kind.scenario.agent)
    case, new = intake.propose(_proposal(happened), agent=agent, at=happened.at)
    if not new:
        return case
    ended = _decided(case, happened, people) if case.state == State.QUEUED else happened.at
    _executed(case, agent, at=ended)
    _closed(case, agent, happened, at=ended)
    return case


def _proposal(happened: Happened) -> intake.Proposal:
    told = happened.encounter.proposal().as_json() | {"agent": happened.software}
    return intake.Proposal(
        document=Proposal.model_validate(told).model_dump(),
        raw=json.dumps(told),
        digest=canonical.digest(told),
        sent=told,
    )


def _decided(case: Case, happened: Happened, people: Sequence[User]) -> datetime:
    """One colleague decides, or two where two have to agree; says when it took effect."""
    encounter = weeks.corrected(happened.encounter, happened.kind)
    ruling: Ruling = happened.chance.choice(encounter.scenario.rulings) if happened.slipped else approve()
    able = [person for person in people if rules.why_not(person, "claim", case) is None]
    at = happened.at
    for reviewer in able:
        claimed_at = at + timedelta(seconds=30 + happened.chance.expovariate(1 / 400))
        at = claimed_at + timedelta(seconds=happened.chance.uniform(35, 200))
        case = claims.claim(case, reviewer=reviewer, at=claimed_at)
        if not _rules(case, reviewer, ruling, encounter, at=at).second_look:
            break
    case.refresh_from_db()
    ended = case.effective_at or at
    decisions.take_effect(case, at=ended)
    return ended


def _rules(case: Case, reviewer: User, ruling: Ruling, encounter: Encounter, *, at: datetime) -> Outcome:
    first = {made["call_id"]: made for made in case.first_ruling or ()}
    given: list[dict[str, Any]] = [
        agreed(first[action["call_id"]])
        if action["call_id"] in first
        else ruled(ruling, encounter, action, (ruling.changes or {}).get(n))
        for n, action in enumerate(case.actions)
    ]
    seen = briefing.seen_digest(case)
    look = Look(claim_token=case.claim_token, version=case.version, seen_digest=seen, second_factor=True)
    typed = amount_of(given, case.actions) or None
    return decisions.decide(case, reviewer=reviewer, look=look, decisions=given, typed_amount=typed, at=at)


def _executed(case: Case, agent: Agent, *, at: datetime) -> None:
    """Its grants ended long ago by the clock on the wall, so they are held against their own time."""
    for grant in case.grants.select_related("decision").order_by("id"):
        final, then = json.loads(grant.decision.final_action), at + timedelta(seconds=2)
        grants.redeem(grant.pk, agent=agent, final_action=final, executor=_EXECUTOR, at=then, clock=Value(then))
        grants.report(grant.pk, agent=agent, status="succeeded", details={}, at=then + timedelta(seconds=1))


def _closed(case: Case, agent: Agent, happened: Happened, *, at: datetime) -> None:
    chance, wrong = happened.chance, happened.slipped and not happened.kind.rulings
    marks = _ANGRY if wrong else _CONTENT
    listening.close(
        case.conversation,
        agent=agent,
        resolved=chance.random() < (0.5 if wrong else 0.92),
        csat=chance.choices((1, 2, 3, 4, 5), marks)[0] if chance.random() < _TOUCHES else None,
        closed_at=None,
        at=at + timedelta(minutes=chance.uniform(2, 20)),
    )
