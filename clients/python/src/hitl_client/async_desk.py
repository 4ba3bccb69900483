"""The desk as an asyncio client: the same verbs, arguments, results and errors as Desk."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Sequence
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
from hitl_client.transport import built, head, lost, own_name, received

T = TypeVar("T")


class AsyncDesk:
    """A connection to the review desk for asyncio; see Desk for what the verbs take, give and raise.

    Executors may be coroutine functions or plain ones; a plain one blocks the loop while it runs.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
        executor: str = "",
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._root = calls.root(url)
        self._key = key
        self._timeout = timeout
        self._retry = retry or Retry()
        self._executor = executor or own_name()
        self._http = http or httpx.AsyncClient()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, call: Call[T]) -> T:
        """Make any call of the wire, with the retries of the verbs; for what has no verb of its own here."""
        return await self._perform_all(flows.send(call, self._retry))

    async def propose(self, proposal: ProposalLike) -> Case:
        """Send a proposal and give its case; a repeat with equal content gives the case that is already there."""
        return await self.call(calls.propose(as_proposal(proposal)))

    async def case(self, case_id: str) -> Case:
        """Give the case as it stands now."""
        return await self._perform_all(flows.fetch(case_id, self._retry))

    async def wait(self, case: Case | str, timeout: float | None = None) -> Case:  # noqa: ASYNC109 - as in Desk.wait
        """Wait until the case is final or a reviewer asks something; StillPendingError after `timeout` seconds."""
        return await self._perform_all(flows.wait(case, self._retry, timeout))

    async def withdraw(self, case_id: str, reason: str) -> Case:
        """Take the proposal back and void its grants."""
        return await self.call(calls.withdraw(case_id, reason))

    async def answer(self, case_id: str, question_id: str, text: str) -> Case:
        """Answer a reviewer's question."""
        return await self.call(calls.answer(case_id, question_id, text))

    async def redeem(self, grant_id: str, final_action: FinalAction) -> Redemption:
        """Claim the one right to execute; any Problem means: do not execute."""
        return await self.call(calls.redeem(grant_id, final_action, self._executor))

    async def renew(self, grant_id: str) -> Grant:
        """Give an expired grant a new `expires_at`."""
        return await self.call(calls.renew(grant_id))

    async def outcome(
        self,
        grant_id: str,
        status: OutcomeStatus,
        *,
        result: dict[str, JsonValue] | None = None,
        external_ref: str | None = None,
        error: str | None = None,
    ) -> None:
        """Report what the execution came to."""
        call = calls.outcome(grant_id, status, result=result, external_ref=external_ref, error=error)
        await self.call(call)

    async def converse(
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
        return await self.call(calls.converse(conversation_id, tuple(messages), customer, signals, **more))

    async def conversation(self, conversation_id: str) -> Talk:
        """Give who has control and what is to be delivered; Problem `not-found` for a conversation nobody told of."""
        return await self._perform_all(flows.fetch_talk(conversation_id, self._retry))

    async def watch(self, talk: Talk, timeout: float | None = None) -> Talk:  # noqa: ASYNC109 - as in Desk.watch
        """Wait until the conversation changes and give it; after `timeout` seconds (None: never) the same again."""
        return await self._perform_all(flows.watch(talk, self._retry, timeout))

    async def delivered(self, conversation_id: str, message_id: str) -> None:
        """Say that a message of the outbox is with the customer; saying so again changes nothing."""
        await self.call(calls.delivered(conversation_id, message_id))

    async def close_conversation(
        self, conversation_id: str, *, resolved: bool | None = None, csat: int | None = None
    ) -> Talk:
        """Report the end, or what became known of it later; `csat` from 1 to 5."""
        return await self.call(calls.close_conversation(conversation_id, resolved=resolved, csat=csat))

    async def reopen_conversation(self, conversation_id: str) -> Talk:
        """Report that the conversation goes on."""
        return await self.call(calls.reopen_conversation(conversation_id))

    async def poll_events(self, after: str = "") -> EventPage:
        """Give the events after a cursor, and the next cursor."""
        return await self.call(calls.events(after))

    async def events(self, after: str = "") -> AsyncIterator[Event]:
        """Yield events as they happen, without end, resuming after a broken connection where it stopped."""
        stream = EventStream(after, self._retry)
        while True:
            lost_by: Exception | None = None
            try:
                async for event in self._stream(stream):
                    yield event
            except httpx.TransportError as error:
                lost_by = error
            await asyncio.sleep(stream.pause(lost_by))

    async def run(
        self,
        proposal: ProposalLike,
        execute: Callable[[FinalAction], Any],
        *,
        answer: Callable[[Question], Any] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the end of waiting, not of the executor
    ) -> Result:
        """Propose, wait; redeem, call the executor once and report for each approved or edited action; see Desk.run."""
        gate = Gate(as_proposal(proposal), execute, answer, self._retry, self._executor)
        return await self._perform_all(gate.run(timeout))

    async def gate(
        self,
        function: Callable[..., Any],
        args: dict[str, JsonValue],
        *,
        conversation: str,
        call_id: str,
        value: Money | None = None,
        messages: Sequence[Message] = (),
        timeout: float | None = None,  # noqa: ASYNC109 - the end of waiting, not of the function
    ) -> Done:
        """Ask before `function(**args)` runs, and run it once with what was approved; see Desk.gate."""
        proposal = single(
            function.__name__, args, conversation=conversation, call_id=call_id, value=value, messages=messages
        )
        return (await self.run(proposal, by_keywords(function), timeout=timeout)).done[0]

    async def _perform_all(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._perform(step))
        except StopIteration as end:
            value: T = end.value
            return value

    async def _perform(self, step: Step) -> Response | Lost | Returned | Raised | None:
        match step:
            case Send(request):
                return await self._send(request)
            case Run(function):
                return await _called(function)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
        return None

    async def _send(self, request: Request) -> Response | Lost:
        try:
            return received(await self._http.send(self._build(request, self._timeout + request.patience)))
        except httpx.TransportError as error:
            return lost(error)

    def _build(self, request: Request, timeout: float) -> httpx.Request:
        return built(self._http, request, root=self._root, key=self._key, timeout=timeout)

    async def _stream(self, stream: EventStream) -> AsyncIterator[Event]:
        answer = await self._http.send(self._build(stream.request(), SILENCE), stream=True)
        try:
            if not answer.is_success:
                await answer.aread()
            if stream.opened(head(answer)):
                async for chunk in answer.aiter_bytes():
                    for event in stream.feed(chunk):
                        yield event
        finally:
            await answer.aclose()


async def _called(function: Callable[[], Any]) -> Returned | Raised:
    """Also a cancellation comes back, so that the flow can report the action as unknown before it goes on."""
    try:
        value = function()
        return Returned(await value if inspect.isawaitable(value) else value)
    except BaseException as error:  # noqa: BLE001 - the flow raises it again
        return Raised(error)
