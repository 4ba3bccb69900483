"""The whole loop of a gated action: propose, wait, redeem, execute once, report."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import httpx
from pydantic import JsonValue

from hitl_client import calls, flows
from hitl_client.canonical import LARGEST_INTEGER, NotCanonicalError, digest
from hitl_client.case import Case, Decision, FinalAction, Grant, Question
from hitl_client.errors import DeskError, OutcomeUnknownError, Problem, StillPendingError
from hitl_client.flows import Flow, Raised, Run
from hitl_client.proposal import Action, Conversation, Message, Money, Proposal
from hitl_client.retry import Retry

LONGEST_ERROR = 500  # characters of an exception that travel to the desk
LARGEST_RESULT = 400_000  # characters of a result that travel; the desk takes bodies up to 1 MiB

Status = Literal[
    "succeeded", "failed", "unknown", "rejected", "responded", "refused", "skipped", "elsewhere", "undecided"
]
OutcomeStatus = Literal["succeeded", "failed", "unknown"]
Executor: TypeAlias = Callable[[FinalAction], Any]
Answerer: TypeAlias = Callable[[Question], Any]

NO_TROUBLE = frozenset({"succeeded", "rejected", "responded"})
UNDECIDED = {
    "pending": "Nobody has decided yet. Nothing was executed; the case is still open.",
    "expired": "The time to decide ran out. Nothing was executed.",
    "withdrawn": "The proposal was withdrawn. Nothing was executed.",
    "superseded": "A newer proposal took the place of this one. Nothing was executed.",
    "taken_over": "A person has taken over the conversation. Nothing was executed; do not write to the customer.",
}
FAILED = "It failed: {}"
IN_LIMBO = "It is not known whether it took effect ({}); do not try again."
SKIPPED = "Not executed: an earlier action of the same release went wrong."
ELSEWHERE = "Another executor holds this grant; not executed here."
NOT_SENT = (ConnectionRefusedError, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
IN_DOUBT = (OutcomeUnknownError, TimeoutError, ConnectionError, httpx.TransportError)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an executor may return to name the other system's own reference beside its result."""

    result: Any = None
    external_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one action.

    `status`: `succeeded | failed | unknown` were executed here; `rejected | responded` are a person's answer;
    `refused` (no valid right to execute), `skipped` (an earlier action of the same release went wrong),
    `elsewhere` (somebody else redeemed the grant) and `undecided` were not executed here.
    `says` is for the agent: the result, or why there is none. `reported` is False when the desk could not be told.
    """

    call_id: str
    status: Status
    says: str
    value: Any = None
    action: FinalAction | None = None
    decision: Decision | None = None
    error: BaseException | None = None
    reported: bool = True

    @property
    def ok(self) -> bool:
        """True when the action was executed here and succeeded."""
        return self.status == "succeeded"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a proposal: the case as last seen, and one Done for each action, in the proposal's order."""

    case: Case
    done: tuple[Done, ...]

    @property
    def settled(self) -> bool:
        """False while the case is open; running the same proposal again goes on from there."""
        return self.case.final

    def of(self, call_id: str) -> Done:
        """Find what became of one action; KeyError when the proposal has no such call."""
        found = {done.call_id: done for done in self.done}
        return found[call_id]


@dataclass(frozen=True, slots=True)
class Gate:
    """One run of one proposal."""

    proposal: Proposal
    execute: Executor
    answer: Answerer | None
    retry: Retry
    executor_name: str

    def run(self, timeout: float | None) -> Flow[Result]:
        """Act on each decision as it comes; end when the case is final, asks the unanswerable, or time is up."""
        deadline = flows.deadline_in(timeout)
        done: dict[str, Done] = {}
        case = yield from flows.send(calls.propose(self.proposal), self.retry)
        while True:
            yield from self._act(case, done)
            if case.final or (case.open_questions and self.answer is None):
                break
            try:
                case = yield from self._answered(case)
                case = case if case.final else (yield from flows.changed(case, self.retry, deadline))
            except StillPendingError as late:
                case = late.case
                break
        became = (done.get(action.call_id) or _undecided(action, case) for action in self.proposal.actions)
        return Result(case, tuple(became))

    def _answered(self, case: Case) -> Flow[Case]:
        if self.answer is None:
            return case
        for question in case.open_questions:
            reply = yield Run(partial(self.answer, question))
            if isinstance(reply, Raised):
                raise reply.error
            case = yield from flows.send(calls.answer(case.id, question.id, str(reply.value)), self.retry)
        return case

    def _act(self, case: Case, done: dict[str, Done]) -> Flow[None]:
        for action in self.proposal.actions:
            decision = case.decision(action.call_id)
            if decision is not None and action.call_id not in done:
                done[action.call_id] = yield from self._settle(action, decision, done)

    def _settle(self, action: Action, decision: Decision, done: Mapping[str, Done]) -> Flow[Done]:
        final, grant = decision.final_action, decision.grant
        if decision.type == "reject":
            return Done(action.call_id, "rejected", rejection(decision), decision=decision)
        if decision.type == "respond":
            value = decision.response
            return Done(action.call_id, "responded", _text(value), value, decision=decision)
        if final is None or grant is None or not decision.executes:
            return _refused(decision, f"The decision “{decision.type}” carries no right to execute.")
        if (trouble := _mismatch(action, decision, final, grant)) is not None:
            return _refused(decision, trouble)
        if self.proposal.release != "each" and any(earlier.status not in NO_TROUBLE for earlier in done.values()):
            return Done(action.call_id, "skipped", SKIPPED, decision=decision)
        return (yield from self._redeemed(decision, final, grant))

    def _redeemed(self, decision: Decision, final: FinalAction, grant: Grant) -> Flow[Done]:
        try:
            yield from self._redeem(final, grant)
        except Problem as no:
            if no.slug == "grant-redeemed":
                return Done(decision.call_id, "elsewhere", ELSEWHERE, decision=decision, error=no)
            return _refused(decision, no.detail or str(no), no)
        except (DeskError, NotCanonicalError) as no:
            return _refused(decision, f"The desk did not confirm the right to execute: {no}", no)
        return (yield from self._executed(decision, final, grant))

    def _redeem(self, final: FinalAction, grant: Grant) -> Flow[None]:
        call = calls.redeem(grant.id, final, self.executor_name)
        try:
            redemption = yield from flows.send(call, self.retry)
        except Problem as no:
            if no.slug != "grant-expired":
                raise
            renewed = yield from flows.send(calls.renew(grant.id), self.retry)
            redemption = yield from flows.send(calls.redeem(renewed.id, final, self.executor_name), self.retry)
        bytes_agree = redemption.final_action is None or redemption.final_action.digest == grant.digest
        if not bytes_agree or redemption.digest not in {None, grant.digest}:
            message = "the redeemed grant is for another action"
            raise DeskError(message)

    def _executed(self, decision: Decision, final: FinalAction, grant: Grant) -> Flow[Done]:
        # The executor gets a copy: what it does to its arguments cannot change what was digested.
        reply = yield Run(lambda: self.execute(final.model_copy(deep=True)))
        if isinstance(reply, Raised):
            return (yield from self._went_wrong(decision, final, grant, reply.error))
        receipt = reply.value if isinstance(reply.value, Receipt) else Receipt(reply.value)
        report = calls.outcome(
            grant.id, "succeeded", result=as_result(receipt.result), external_ref=receipt.external_ref
        )
        reported = yield from self._report(report)
        says = _success(decision, final, receipt.result)
        return Done(decision.call_id, "succeeded", says, receipt.result, final, decision, reported=reported)

    def _went_wrong(self, decision: Decision, final: FinalAction, grant: Grant, error: BaseException) -> Flow[Done]:
        status: Status = "unknown" if in_doubt(error) else "failed"
        told = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        reported = yield from self._report(calls.outcome(grant.id, status, error=told))
        if not isinstance(error, Exception):
            raise error
        says = FAILED if status == "failed" else IN_LIMBO
        return Done(decision.call_id, status, says.format(told), None, final, decision, error, reported)

    def _report(self, report: calls.Call[None]) -> Flow[bool]:
        """Tell the desk; what was executed stays executed, so a failure to tell must not hide the result."""
        try:
            yield from flows.send(report, self.retry)
        except DeskError:
            return False
        return True


def single(
    name: str,
    args: dict[str, JsonValue],
    *,
    conversation: str,
    call_id: str,
    value: Money | None,
    messages: Sequence[Message],
) -> Proposal:
    """Propose one call; conversation and call together name this pause of the agent."""
    return Proposal(
        dedupe_key=f"{conversation}:{call_id}",
        conversation=Conversation(id=conversation, messages=tuple(messages)),
        actions=(Action(call_id=call_id, name=name, args=args, value=value),),
    )


def by_keywords(function: Callable[..., Any]) -> Executor:
    """Make an executor of a function; it runs nothing but what carries its own name."""

    def execute(final: FinalAction) -> object:
        if final.name != function.__name__:
            message = f"{function.__name__} cannot execute {final.name}"
            raise LookupError(message)
        return function(**final.args)

    return execute


def in_doubt(error: BaseException) -> bool:
    """Say whether the action may have taken effect in spite of this error."""
    if not isinstance(error, Exception):
        return True
    return isinstance(error, IN_DOUBT) and not isinstance(error, NOT_SENT)


def rejection(decision: Decision) -> str:
    """Say to the agent that a person rejected the action, and why."""
    why = decision.message or decision.reason_code
    return "A reviewer rejected this action; it was not executed." + (f" Reason: {why}" if why else "")


def as_result(value: object) -> dict[str, JsonValue]:
    """Give the JSON object that travels as an outcome's result; what JSON has no word for travels as text."""
    plain = {} if value is None else _plain(value)
    if len(json.dumps(plain)) > LARGEST_RESULT:
        return {"shortened": json.dumps(plain, ensure_ascii=False)[: LARGEST_RESULT // 8]}
    return plain if isinstance(plain, dict) else {"value": plain}


def _plain(value: object) -> JsonValue:
    """Never raises: the action has run, and its report must go out."""
    try:
        written = json.dumps(value, default=str, skipkeys=True, ensure_ascii=False).encode(errors="replace")
        plain: JsonValue = json.loads(written, parse_constant=lambda _: None, parse_int=_exact_or_text)
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:LONGEST_ERROR]
    return plain


def _exact_or_text(digits: str) -> int | str:
    number = int(digits)
    return number if abs(number) <= LARGEST_INTEGER else digits


def _mismatch(action: Action, decision: Decision, final: FinalAction, grant: Grant) -> str | None:
    try:
        held = final.digest
    except NotCanonicalError as fault:
        return f"The final action has no canonical form: {fault}."
    if held != grant.digest:
        return "The grant was issued for another action than the one that the decision carries."
    if decision.type == "approve" and held != digest({"name": action.name, "args": action.args}):
        return "The approved action is not the one that was proposed."
    return None


def _refused(decision: Decision, why: str, error: BaseException | None = None) -> Done:
    return Done(decision.call_id, "refused", f"Not executed. {why}", decision=decision, error=error)


def _undecided(action: Action, case: Case) -> Done:
    if questions := " ".join(question.text for question in case.open_questions):
        return Done(action.call_id, "undecided", f"A reviewer asks before deciding: {questions}")
    return Done(
        action.call_id, "undecided", UNDECIDED.get(case.status, f"The case is {case.status}. Nothing was executed.")
    )


def _success(decision: Decision, final: FinalAction, value: object) -> str:
    if decision.type != "edit":
        return _text(value)
    note = f" ({decision.message})" if decision.message else ""
    return f"A reviewer changed the arguments to {_text(final.args)}{note}. Result: {_text(value)}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
