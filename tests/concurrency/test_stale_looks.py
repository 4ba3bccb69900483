"""Whatever agent, reviewers and clock do in between: nobody approves what they were not shown last."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from reviewqueue.domain import claims, decisions, endings, questions
from reviewqueue.domain.decisions import Look
from reviewqueue.models import OPEN, Case, Decision, Grant, State
from reviewqueue.queries import briefing
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R47", "R81")]
STEPS = ("claim", "claim", "look", "look", "decide", "decide", "release", "ask", "answer", "withdraw")
APPROVE = {"call_id": "call_1", "type": "approve"}


class Desk:
    """One case, two reviewers, and every look that either of them ever had."""

    def __init__(self) -> None:
        self.people = [factories.person(), factories.person()]
        self.agent = factories.agent()
        self.case = factories.case(by=self.agent)
        self.looks: list[tuple[int, Look]] = []

    def do(self, step: str, who: int, which: int) -> None:
        """One step; a refusal is an answer too."""
        self.case = Case.objects.get(pk=self.case.pk)
        with suppress(Refusal):
            getattr(self, f"_{step}")(who, which)

    def _claim(self, who: int, _which: int) -> None:
        claims.claim(self.case, reviewer=self.people[who], at=factories.now())

    def _look(self, who: int, _which: int) -> None:
        self.looks.append((who, factories.look(self.case)))

    def _decide(self, who: int, which: int) -> None:
        mine = [look for whose, look in self.looks if whose == who]
        if not mine:
            return
        look, person = mine[which % len(mine)], self.people[who]
        fresh = self._shows(look) and self.case.state == State.CLAIMED and self.case.claimed_by_id == person.pk
        decided = Decision.objects.count()
        try:
            decisions.decide(self.case, reviewer=person, look=look, decisions=[APPROVE], at=factories.now())
        finally:
            assert (Decision.objects.count() > decided) == fresh

    def _shows(self, look: Look) -> bool:
        now = (self.case.claim_token, self.case.version, briefing.seen_digest(self.case))
        return (look.claim_token, look.version, look.seen_digest) == now

    def _release(self, who: int, _which: int) -> None:
        claims.release(self.case, reviewer=self.people[who], token=None, at=factories.now())

    def _ask(self, who: int, _which: int) -> None:
        questions.ask(self.case, reviewer=self.people[who], of="agent", text="Which order?", at=factories.now())

    def _answer(self, _who: int, _which: int) -> None:
        if question := self.case.questions.filter(answered_at=None).first():
            questions.answer_by_agent(
                self.case, agent=self.agent, question_id=question.pk, text="A-1", attachments=[], at=factories.now()
            )

    def _withdraw(self, _who: int, _which: int) -> None:
        endings.withdraw(self.case, agent=self.agent, reason="", at=factories.now())


steps: Any = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1), st.integers(0, 9)), min_size=4, max_size=16)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@drawn(steps)
def test_no_order_of_steps_lets_a_stale_look_decide(taken: list[tuple[str, int, int]]) -> None:
    desk = Desk()
    for step, who, which in taken:
        desk.do(step, who, which)
    case = Case.objects.get(pk=desk.case.pk)
    assert Decision.objects.filter(case=case).count() <= 1
    assert Grant.objects.filter(case=case, voided_at=None).count() == Decision.objects.filter(case=case).count()
    assert case.state not in OPEN or not Decision.objects.filter(case=case).exists()
