"""An invented agent and invented colleagues under the policy in force, inside a transaction that is rolled back."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit.actions import SYSTEM
from hitl.accounts.people import make_person
from hitl.accounts.roles import Role
from hitl.api.schemas import proposals
from reviewqueue.domain import braking, claims, decisions, grants, intake, policies
from reviewqueue.engine import canonical
from reviewqueue.models import Agent, Case, Grant, Pause
from reviewqueue.queries import briefing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hitl.accounts.models import User
    from reviewqueue.domain.decisions import Outcome

Document = dict[str, Any]


class Sandbox:
    """Everything a check needs; nothing of it outlives the check."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.mark = secrets.token_hex(4)
        self.number, self.policy = policies.current(at=at)
        self.lifted = Pause.objects.filter(resumed_at=None).update(resumed_at=at)
        self.owner = self.person("owner")
        self.agent = Agent.objects.create(name=f"oversight-check-{self.mark}", owner=self.owner)
        self.ana, self.ben = self.person("ana"), self.person("ben")
        self._sent = 0

    def person(self, name: str, role: str = Role.REVIEWER) -> User:
        """Somebody who may see every queue and has every skill that the policy asks for."""
        skills = {skill for trigger in self.policy.triggers for skill in trigger.skills}
        called = f"oversight-check-{name}-{self.mark}"
        return make_person(called, role=role, password=None, skills=sorted(skills), actor=SYSTEM, at=self.at)

    def propose(self, document: Mapping[str, Any], *, agent: Agent | None = None) -> Case:
        """A new case of its own conversation, through the same schema and the same verb as an agent's."""
        self._sent += 1
        name = f"oversight-check-{self.mark}-{self._sent}"
        # A customer of its own: nothing is held only because the same person wrote often.
        parts = {part: document.get(part, {}) | {"id": name} for part in ("conversation", "customer")}
        sent = {**document, **parts, "dedupe_key": name}
        given = intake.Proposal(
            document=proposals.Proposal.model_validate(sent).model_dump(),
            raw=json.dumps(sent),
            digest=canonical.digest(sent),
        )
        return intake.propose(given, agent=agent or self.agent, at=self.at)[0]

    def held(self, document: Mapping[str, Any]) -> Case:
        """The same, held for a person whatever the policy says: a pause does that under any policy."""
        brake = braking.put_on(of="agent", name=self.agent.name, reason="check", actor=SYSTEM, at=self.at)
        try:
            return self.propose(document)
        finally:
            Pause.objects.filter(pk=brake.pk).update(resumed_at=self.at)

    def claim(self, case: Case, who: User, *, at: datetime | None = None) -> Case:
        """Take the case."""
        return claims.claim(case, reviewer=who, at=at or self.at)

    def look(self, case: Case) -> decisions.Look:
        """What somebody saw who looked just now."""
        fresh = Case.objects.get(pk=case.pk)
        return decisions.Look(fresh.claim_token, fresh.version, briefing.seen_digest(fresh), second_factor=True)

    def decide(
        self, case: Case, who: User, *, look: decisions.Look | None = None, at: datetime | None = None, **ruling: Any
    ) -> Outcome:
        """Rule about the first action; the amount is typed again wherever that may be asked for."""
        (action,) = case.actions
        args = ruling.get("args") or action["args"]
        said = {"call_id": action["call_id"], "type": "approve"} | ruling
        return decisions.decide(
            Case.objects.get(pk=case.pk),
            reviewer=who,
            look=look or self.look(case),
            decisions=[said],
            typed_amount=str(args.get("amount") or (action.get("value") or {}).get("amount") or ""),
            at=at or self.at,
        )

    def approved(self, case: Case) -> Grant:
        """One or, where the policy wants two, both people approve; the grant exists once the undo window is over."""
        self.claim(case, self.ana)
        if self.decide(case, self.ana).second_look:
            self.claim(Case.objects.get(pk=case.pk), self.ben)
            self.decide(case, self.ben)
        self.after_undo(case)
        return Grant.objects.get(case=case)

    def after_undo(self, case: Case) -> Case:
        """The undo window closes."""
        return decisions.take_effect(case, at=self.at + timedelta(seconds=self.policy.undo_seconds + 1))

    def redeem(self, grant: Grant, *, agent: Agent | None = None, **changed: Any) -> Any:
        """Spend the grant, with the approved action or a changed one."""
        action = json.loads(grant.decision.final_action)
        action["args"] = action["args"] | changed
        return grants.redeem(
            grant.pk, agent=agent or self.agent, final_action=action, executor="oversight-check", at=self.at
        )


@contextmanager
def sandbox(at: datetime) -> Iterator[Sandbox]:
    """A fresh one; whatever happens in it, the database forgets it."""
    with transaction.atomic():
        try:
            yield Sandbox(at)
        finally:
            transaction.set_rollback(True)


def granted(case: Case) -> int:
    """How many grants there are for a case."""
    return Grant.objects.filter(case=case).count()


def because(case: Case) -> str:
    """Why a person must look, in the policy's own words."""
    said = "; ".join(f"{reason['trigger']}: {reason['says']}" for reason in case.verdict["reasons"])
    return said or "the oversight rule of the policy"
