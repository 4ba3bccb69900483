"""A reviewer for trials: decides every case of a replay alike, through the reviewers' wire and under its rules."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import JsonValue

from hitl_client import Action, Case, Desk, DeskError, Problem, Proposal
from hitl_client.calls import Call, Request, Response, post

Verdict = Literal["approve", "reject"]

SECOND_LOOK = 202
TRIES = 4
MOVED_ON = frozenset({"stale-claim", "stale-version", "seen-digest-mismatch"})
MESSAGE = "Rejected by the simulated reviewer of a replay."


class SimulatedReviewer:
    """One person's token, or several where two pairs of eyes are needed. It touches no case but those it is given."""

    def __init__(self, desks: Sequence[Desk], verdict: Verdict) -> None:
        self._desks = desks
        self._verdict = verdict
        # Who was the first of two people, by case.
        self._first: dict[str, Desk] = {}

    def rule(self, case: Case, proposal: Proposal) -> str | None:
        """Claim the case and decide it; gives the desk's sentence when it may not, None when it is done."""
        trouble = "A second person must decide; give another reviewer's token."
        for desk in self._desks:
            if self._first.get(case.id) is desk:
                continue
            try:
                answer = self._ruled(desk, case, proposal)
            except DeskError as no:
                trouble = f"The simulated reviewer could not decide: {no}"
                continue
            if answer.status != SECOND_LOOK:
                return None
            self._first[case.id] = desk
        return trouble

    def _ruled(self, desk: Desk, case: Case, proposal: Proposal) -> Response:
        if case.oversight == "human_only" and self._verdict == "approve":
            return self._taken_over(desk, case)
        for _ in range(TRIES - 1):
            try:
                return self._decided(desk, case, proposal)
            except Problem as no:
                if no.slug not in MOVED_ON:
                    raise
        return self._decided(desk, case, proposal)

    def _decided(self, desk: Desk, case: Case, proposal: Proposal) -> Response:
        desk.call(_verb(case, "claim", {}))
        briefing: dict[str, Any] = desk.call(Call(Request("GET", f"/review/cases/{case.id}"), _document))
        body = {
            "claim_token": briefing["claim"]["token"],
            "version": briefing["version"],
            "seen_digest": briefing["seen_digest"],
            "decisions": [self._ruling(action) for action in proposal.actions],
        }
        if self._verdict == "approve" and (amount := typed_amount(proposal.actions)) is not None:
            body["typed_amount"] = amount
        return desk.call(_verb(case, "decide", body))

    def _ruling(self, action: Action) -> dict[str, JsonValue]:
        if self._verdict == "approve":
            return {"call_id": action.call_id, "type": "approve"}
        return {"call_id": action.call_id, "type": "reject", "reason_code": "other", "message": MESSAGE}

    def _taken_over(self, desk: Desk, case: Case) -> Response:
        """What the policy keeps for a person cannot be approved: the person takes it over and gives it back."""
        desk.call(_verb(case, "take_over", {"note": "simulated in a replay"}))
        return desk.call(_verb(case, "return", {"note": "simulated in a replay"}))


def typed_amount(actions: Sequence[Action]) -> str | None:
    """Type the money that would move, as the desk asks for at the highest risk: the sum over the actions.

    Where several currencies move, the sum of each with its name.
    """
    sums: dict[str, Decimal] = {}
    for action in actions:
        if action.value is not None and (amount := _amount(action)) is not None:
            sums[action.value.currency] = sums.get(action.value.currency, Decimal(0)) + amount
    if len(sums) > 1:
        return " + ".join(f"{amount:f} {currency}" for currency, amount in sums.items())
    return next((f"{amount:f}" for amount in sums.values()), None)


def _amount(action: Action) -> Decimal | None:
    if action.value is None:
        return None
    try:
        return Decimal(str(action.args["amount"])) if "amount" in action.args else action.value.amount
    except InvalidOperation:
        return None


def _verb(case: Case, verb: str, body: Mapping[str, Any]) -> Call[Response]:
    return Call(post(f"/review/cases/{case.id}/{verb}", dict(body)), lambda answer: answer)


def _document(answer: Response) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)
    return document
