"""Calls that wait, without holding a thread: the long-poll of a case, and the stream of events.

Nobody misses a change: each listens before it looks, looks again whenever it is woken, and wakes by itself when
something is due for its case.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from hitl import middleware
from hitl.api import callers, cases, conversations, door, events, problems, replies
from reviewqueue import live
from reviewqueue.domain import due
from reviewqueue.models import Case, Conversation
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.queries.events import Change

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
HEARTBEAT_SECONDS: Final = 15.0
MOST_STREAMS: Final = 16
# What is due is looked at when it is due by our clock; the database's may be a little behind, or have nothing to do.
_SOONEST: Final = 0.02
_AGAIN: Final = 1.0
_streams: Counter[int] = Counter()


@dataclass(frozen=True, slots=True)
class Look:
    """The case as it stood a moment ago, and in how many seconds something is due for it by itself."""

    case: Case
    due_in: float


async def wait_for_case(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """GET /cases/{id} with ``Prefer: wait=N``."""
    return await _answered(request, lambda caller: _case(request, caller, case_id))


async def wait_for_conversation(request: HttpRequest, conversation_id: str) -> HttpResponseBase:
    """GET /conversations/{id} with ``Prefer: wait=N``."""
    return await _answered(request, lambda caller: _conversation(request, caller, conversation_id), scope="converse")


async def event_stream(request: HttpRequest) -> HttpResponseBase:
    """GET /events: a stream that stays open, or a page for whoever accepts JSON."""
    return await _answered(request, lambda caller: _events(request, caller))


async def _answered(
    request: HttpRequest,
    work: Callable[[callers.AgentCaller], Awaitable[HttpResponseBase]],
    *,
    scope: str = "propose",
) -> HttpResponseBase:
    try:
        caller = await _in_database(lambda: door.agent(request, scope))
        response = await work(caller)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
        response = problems.of(error, request)
    # No middleware runs here; what the caller is promised in every answer is added by hand.
    response.headers["X-Request-Id"] = middleware.named(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if isinstance(response, HttpResponse) and response.content:
        response.headers["Content-Length"] = str(len(response.content))
    return response


async def _case(request: HttpRequest, caller: callers.AgentCaller, case_id: str) -> HttpResponse:
    clock_of_loop = asyncio.get_running_loop().time
    ends_at = clock_of_loop() + cases.seconds_to_wait(request)
    with live.tail().listen(lambda change: change.case == case_id) as listening:
        first = seen = await _in_database(lambda: _look(caller, case_id))
        while not _is_news(request, first.case, seen.case) and (left := ends_at - clock_of_loop()) > 0:
            await listening.next(min(left, seen.due_in))
            seen = await _in_database(lambda: _look(caller, case_id))
    return await _in_database(partial(cases.reading, request, seen.case))


async def _conversation(request: HttpRequest, caller: callers.AgentCaller, conversation_id: str) -> HttpResponse:
    clock_of_loop = asyncio.get_running_loop().time
    ends_at = clock_of_loop() + cases.seconds_to_wait(request)

    def read() -> Conversation:
        _require_valid(caller)
        return conversations.own(caller.agent, conversation_id)

    first = seen = await _in_database(read)
    with live.tail().listen(lambda change: change.conversation == first.pk) as listening:
        seen = await _in_database(read)
        while not _has_moved(request, first, seen) and (left := ends_at - clock_of_loop()) > 0:
            await listening.next(left)
            seen = await _in_database(read)
    return await _in_database(partial(conversations.reading, request, seen))


def _has_moved(request: HttpRequest, first: Conversation, seen: Conversation) -> bool:
    if seen.version != first.version:
        return True
    return "If-None-Match" in request.headers and not cases.knows(request, seen.version)


def _require_valid(caller: callers.AgentCaller) -> None:
    if not callers.still_valid(caller.key):
        raise Refusal("unauthenticated", _("This key was revoked or has expired."))


def _look(caller: callers.AgentCaller, case_id: str) -> Look:
    """Read the case with all that is due done; a key that was revoked meanwhile sees nothing more."""
    _require_valid(caller)
    at = clock.now()
    case = cases.own(caller.agent, case_id, at=at)
    due_at = due.next_at(case)
    seconds = (due_at - at).total_seconds() if due_at else float("inf")
    return Look(case, max(seconds, _SOONEST) if seconds > 0 else _AGAIN)


def _is_news(request: HttpRequest, first: Case, case: Case) -> bool:
    """Final, other than the version that the caller knows, or, where it names none, changed since it asked."""
    if case.outcome or case.version != first.version:
        return True
    return "If-None-Match" in request.headers and not cases.known(request, case)


async def _events(request: HttpRequest, caller: callers.AgentCaller) -> HttpResponseBase:
    place = events.cursor(request, request.GET.get("after", ""))
    if events.wants_json(request):
        page = await _in_database(lambda: events.after_cursor(caller.agent, place))
        return replies.of({"events": page.events, "cursor": str(page.cursor)})
    if _streams[caller.agent.pk] >= MOST_STREAMS:
        says = _("This agent has %s streams open already; close one.") % MOST_STREAMS
        raise Refusal("rate-limited", says, extra={"retry_after": int(HEARTBEAT_SECONDS)})
    # Proxies must neither keep nor collect a stream.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_stream(caller, place), content_type=events.STREAM, headers=headers)


async def _stream(caller: callers.AgentCaller, place: int) -> AsyncIterator[str]:
    def concerns(change: Change) -> bool:
        return change.agent == caller.agent.pk and change.kind in events.TYPES

    with _counted(caller.agent.pk), live.tail().listen(concerns) as listening:
        yield events.OPENING
        while page := await _next_page(caller, place):
            place = page.cursor
            if page.events:
                yield events.as_stream(page.events)
            if not page.more and await listening.next(HEARTBEAT_SECONDS) is None:
                yield ": nothing new\n\n"


async def _next_page(caller: callers.AgentCaller, place: int) -> events.Page | None:
    """What is behind ``place``; ``None`` ends the stream: the key is no longer valid, or the database is away."""

    def read() -> events.Page | None:
        return events.after_cursor(caller.agent, place) if callers.still_valid(caller.key) else None

    try:
        return await _in_database(read)
    except DatabaseError as error:
        _log.warning("A stream of events ends, the agent will connect again: %s", error)
        return None


@contextmanager
def _counted(agent: int) -> Iterator[None]:
    _streams[agent] += 1
    try:
        yield
    finally:
        _streams[agent] -= 1


async def _in_database(work: Callable[[], Result]) -> Result:
    """Some database work in a thread that is free again afterwards; it is waited for as long as a plain request is."""
    run: Any = sync_to_async(live.with_fresh_connection, thread_sensitive=False)
    try:
        async with asyncio.timeout(settings.ANSWER_SECONDS):
            result: Result = await run(work)
    except TimeoutError:
        says = f"no answer within {settings.ANSWER_SECONDS} s"
        raise OperationalError(says) from None
    return result
