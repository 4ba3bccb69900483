"""The desk as a blocking client."""

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue

from hitl_client import calls, flows
from hitl_client.calls import Call, Request, Response
from hitl_client.case import Case, ConversationControl, Event, EventPage, FinalAction, Grant, Question, Redemption, Talk
from hitl_client.events import SILENCE, EventStream
from hitl_client.flows import Flow, Lost, Raised, Returned, Run, Send, Sleep, Step
from hitl_client.gate import Done, Gate, OutcomeStatus, Result, by_keywords, single
from hitl_client.proposal import Customer, Message, Money, ProposalLike, Signals, as_proposal
from hitl_client.retry import Retry
from hitl_client.transport import built, called, head, lost, own_name, received

T = TypeVar("T")


class Desk:
    """A connection to the review desk with one agent's key. Safe to share between threads.

    `url` is the desk's address, `timeout` the seconds that one answer may take (long-polls get their own on top).
    Every verb may raise Problem (the desk said no), UnreachableError (no answer, also after the retries)
    and UnreadableError (not the words of this wire).
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
        executor: str = "",
        http: httpx.Client | None = None,
    ) -> None:
        self._root = calls.root(url)
        self._key = key
        self._timeout = timeout
        self._retry = retry or Retry()
        self._executor = executor or own_name()
        self._http = http or httpx.Client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, call: Call[T]) -> T:
        """Make any call of the wire, with the retries of the verbs; for what has no verb of its own here."""
        return self._perform_all(flows.send(call, self._retry))

    def propose(self, proposal: ProposalLike) -> Case:
        """Send a proposal and give its case; a repeat with equal content gives the case that is already there.

        Raises Problem `dedupe-conflict` when the key was used for other content, `invalid-proposal` with one fault
        for each wrong field, and pydantic's ValidationError before anything is sent.
        """
        return self.call(calls.propose(as_proposal(proposal)))

    def case(self, case_id: str) -> Case:
        """Give the case as it stands now; Problem `not-found` for an unknown one or another agent's."""
        return self._perform_all(flows.fetch(case_id, self._retry))

    def wait(self, case: Case | str, timeout: float | None = None) -> Case:
        """Wait until the case is final or a reviewer asks something (`case.open_questions`).

        `timeout` in seconds, None for ever; StillPendingError when it is over. An outage of the desk is sat out.
        """
        return self._perform_all(flows.wait(case, self._retry, timeout))

    def withdraw(self, case_id: str, reason: str) -> Case:
        """Take the proposal back and void its grants; Problem `not-pending` when it is final already."""
        return self.call(calls.withdraw(case_id, reason))

    def answer(self, case_id: str, question_id: str, text: str) -> Case:
        """Answer a reviewer's question and give the case, which waits for the reviewer again."""
        return self.call(calls.answer(case_id, question_id, text))

    def redeem(self, grant_id: str, final_action: FinalAction) -> Redemption:
        """Claim the one right to execute. Only the caller that gets a Redemption may execute, and once.

        Raises Problem `grant-redeemed`, `grant-digest-mismatch`, `grant-expired` or `grant-void`: do not execute.
        """
        return self.call(calls.redeem(grant_id, final_action, self._executor))

    def renew(self, grant_id: str) -> Grant:
        """Give an expired grant a new `expires_at` while the case is valid and nothing was redeemed."""
        return self.call(calls.renew(grant_id))

    def outcome(
        self,
        grant_id: str,
        status: OutcomeStatus,
        *,
        result: dict[str, JsonValue] | None = None,
        external_ref: str | None = None,
        error: str | None = None,
    ) -> None:
        """Report what the execution came to; `unknown` calls for a person."""
        call = calls.outcome(grant_id, status, result=result, external_ref=external_ref, error=error)
        self.call(call)

    def converse(
        self,
        conversation_id: str,
        messages: Sequence[Message],
        *,
        customer: Customer | None = None,
        signals: Signals | None = None,
        channel: str | None = None,
        language: str | None = None,
        draft: str | None = None,
    ) -> ConversationControl:
        """Feed new messages of a conversation; with `control == "human"` the agent must not write to the customer.

        `draft` is what the agent would say next: whoever holds the conversation can take it over.
        """
        more = {"channel": channel, "language": language, "draft": draft}
        return self.call(calls.converse(conversation_id, tuple(messages), customer, signals, **more))

    def conversation(self, conversation_id: str) -> Talk:
        """Give who has control and what is to be delivered; Problem `not-found` for a conversation nobody told of."""
        return self._perform_all(flows.fetch_talk(conversation_id, self._retry))

    def watch(self, talk: Talk, timeout: float | None = None) -> Talk:
        """Wait until the conversation changes and give it; after `timeout` seconds (None: never) the same again."""
        return self._perform_all(flows.watch(talk, self._retry, timeout))

    def delivered(self, conversation_id: str, message_id: str) -> None:
        """Say that a message of the outbox is with the customer; saying so again changes nothing."""
        self.call(calls.delivered(conversation_id, message_id))

    def close_conversation(
        self, conversation_id: str, *, resolved: bool | None = None, csat: int | None = None
    ) -> Talk:
        """Report the end, or what became known of it later; `csat` from 1 to 5."""
        return self.call(calls.close_conversation(conversation_id, resolved=resolved, csat=csat))

    def reopen_conversation(self, conversation_id: str) -> Talk:
        """Report that the conversation goes on."""
        return self.call(calls.reopen_conversation(conversation_id))

    def poll_events(self, after: str = "") -> EventPage:
        """Give the events after a cursor, and the next cursor; an empty page when nothing happened."""
        return self.call(calls.events(after))

    def events(self, after: str = "") -> Iterator[Event]:
        """Yield events as they happen, without end, resuming after a broken connection where it stopped.

        `after` is the id of the last event that was dealt with. Raises UnreachableError when the desk stays away.
        """
        stream = EventStream(after, self._retry)
        while True:
            lost: Exception | None = None
            try:
                yield from self._stream(stream)
            except httpx.TransportError as error:
                lost = error
            time.sleep(stream.pause(lost))

    def run(
        self,
        proposal: ProposalLike,
        execute: Callable[[FinalAction], Any],
        *,
        answer: Callable[[Question], str] | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Propose, wait; redeem, call `execute(final_action)` once and report for each approved or edited action.

        An exception of the executor is reported as `failed`, or as `unknown` when it cannot be known
        (OutcomeUnknownError, time-outs, broken connections). Rejected actions are never executed.
        `answer` gives the text for a reviewer's question; without it the run ends at the question with `settled`
        False. `timeout` in seconds ends it likewise; running the same proposal again goes on.
        Raises Problem when the proposal itself is refused.
        """
        gate = Gate(as_proposal(proposal), execute, answer, self._retry, self._executor)
        return self._perform_all(gate.run(timeout))

    def gate(
        self,
        function: Callable[..., Any],
        args: dict[str, JsonValue],
        *,
        conversation: str,
        call_id: str,
        value: Money | None = None,
        messages: Sequence[Message] = (),
        timeout: float | None = None,
    ) -> Done:
        """Ask before `function(**args)` runs, and run it once with what was approved.

        Give `done.says` to the agent as the tool's result: it is the result, or the reviewer's reason.
        `value` is the money at stake, `messages` the conversation so far, `timeout` in seconds.
        """
        proposal = single(
            function.__name__, args, conversation=conversation, call_id=call_id, value=value, messages=messages
        )
        return self.run(proposal, by_keywords(function), timeout=timeout).done[0]

    def _perform_all(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(self._perform(step))
        except StopIteration as end:
            value: T = end.value
            return value

    def _perform(self, step: Step) -> Response | Lost | Returned | Raised | None:
        match step:
            case Send(request):
                return self._send(request)
            case Run(function):
                return called(function)
            case Sleep(seconds):
                time.sleep(seconds)
        return None

    def _send(self, request: Request) -> Response | Lost:
        try:
            return received(self._http.send(self._build(request, self._timeout + request.patience)))
        except httpx.TransportError as error:
            return lost(error)

    def _build(self, request: Request, timeout: float) -> httpx.Request:
        return built(self._http, request, root=self._root, key=self._key, timeout=timeout)

    def _stream(self, stream: EventStream) -> Iterator[Event]:
        answer = self._http.send(self._build(stream.request(), SILENCE), stream=True)
        try:
            if not answer.is_success:
                answer.read()
            if stream.opened(head(answer)):
                for chunk in answer.iter_bytes():
                    yield from stream.feed(chunk)
        finally:
            answer.close()
