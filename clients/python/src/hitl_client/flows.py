"""Verbs as generators: they yield what has to be done and are told what came of it.

The sync and the async desk differ only in how they perform a step, so retries, waiting and gating are written once.
"""

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from hitl_client import calls
from hitl_client.calls import Call, Request, Response
from hitl_client.case import Case, Talk
from hitl_client.errors import Problem, StillPendingError, UnreachableError
from hitl_client.retry import BUSY, Retry, retry_after_seconds

LONGEST_POLL = 30  # seconds; the wire allows 60, proxies often cut at 60
TOO_SOON = 0.5  # an answer without news before that means the desk did not hold the request
PAUSE = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; reply with a Response or Lost."""

    request: Request


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection broke; the desk may or may not have done what was asked."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let time pass; no reply."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """Call the caller's own function; reply with Returned or Raised."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """The function gave this."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised this (also an interrupt, which the flow raises again once it has cleaned up)."""

    error: BaseException


Step: TypeAlias = Send | Sleep | Run
Flow: TypeAlias = Generator[Step, Any, T]


def send(call: Call[T], retry: Retry) -> Flow[T]:
    """Send until an answer counts: a busy desk or a broken connection is asked again with the same request."""
    attempt = 0
    while True:
        attempt += 1
        reply: Response | Lost = yield Send(call.request)
        if isinstance(reply, Response) and _counts(reply):
            return _read(call, reply)
        delay = retry.delay(attempt, _asked_to_wait(reply))
        if delay is None:
            raise _gave_up(call.request, reply, attempt)
        yield Sleep(delay)


def fetch(case_id: str, retry: Retry) -> Flow[Case]:
    """Give the case as it stands now."""
    case = yield from send(calls.case(case_id), retry)
    if case is None:
        raise calls.problem(Response(calls.NOT_MODIFIED, {}, b""))
    return case


def wait(case: Case | str, retry: Retry, timeout: float | None) -> Flow[Case]:
    """Give the case once it is final or asks the agent something; StillPendingError after `timeout` seconds."""
    deadline = deadline_in(timeout)
    seen = (yield from fetch(case, retry)) if isinstance(case, str) else case
    while not seen.final and not seen.open_questions:
        seen = yield from changed(seen, retry, deadline)
    return seen


def fetch_talk(conversation_id: str, retry: Retry) -> Flow[Talk]:
    """Give the conversation as it stands now."""
    talk = yield from send(calls.conversation(conversation_id), retry)
    if talk is None:
        raise calls.problem(Response(calls.NOT_MODIFIED, {}, b""))
    return talk


def watch(talk: Talk, retry: Retry, timeout: float | None) -> Flow[Talk]:
    """Give the conversation once it has changed, or the same again after `timeout` seconds."""
    deadline = deadline_in(timeout)
    while (left := deadline - time.monotonic()) > 0:
        asked_at = time.monotonic()
        poll = calls.conversation(talk.id, etag=talk.etag, wait_seconds=int(min(left, LONGEST_POLL)))
        fresh = yield from send(poll, retry)
        if fresh is not None and fresh.version != talk.version:
            return fresh
        if time.monotonic() - asked_at < TOO_SOON:
            yield Sleep(max(0.0, min(PAUSE, deadline - time.monotonic())))
    return talk


def deadline_in(timeout: float | None) -> float:
    """Give the monotonic moment at which patience ends."""
    return math.inf if timeout is None else time.monotonic() + timeout


def changed(case: Case, retry: Retry, deadline: float) -> Flow[Case]:
    """Give the next version of the case. An outage of the desk is sat out until the deadline."""
    while (left := deadline - time.monotonic()) > 0:
        asked_at = time.monotonic()
        try:
            poll = calls.case(case.id, etag=case.etag, wait_seconds=int(min(left, LONGEST_POLL)))
            fresh = yield from send(poll, retry)
        except (UnreachableError, Problem) as trouble:
            if isinstance(trouble, Problem) and trouble.status not in BUSY:
                raise
            fresh = None
        if fresh is not None and (fresh.final or fresh.version != case.version):
            return fresh
        if time.monotonic() - asked_at < TOO_SOON:
            yield Sleep(max(0.0, min(PAUSE, deadline - time.monotonic())))
    raise StillPendingError(case)


def _counts(reply: Response) -> bool:
    return reply.status not in BUSY and not _still_running(reply)


def _still_running(reply: Response) -> bool:
    """Tell that the first request with this Idempotency-Key has not finished: its answer is the one to wait for."""
    return reply.status == 409 and calls.problem(reply).slug.startswith("idempotency")  # noqa: PLR2004 - HTTP Conflict


def _read(call: Call[T], reply: Response) -> T:
    if reply.status >= 400 or (300 <= reply.status != calls.NOT_MODIFIED):  # noqa: PLR2004 - the borders of HTTP's classes
        raise calls.problem(reply)
    return call.read(reply)


def _asked_to_wait(reply: Response | Lost) -> float | None:
    if isinstance(reply, Lost):
        return None
    return retry_after_seconds(reply.headers.get("retry-after"), at=datetime.now(UTC))


def _gave_up(request: Request, reply: Response | Lost, attempts: int) -> Exception:
    if isinstance(reply, Response):
        return calls.problem(reply)
    error = UnreachableError(f"no answer to {request.method} {request.path} after {attempts} attempts: {reply.error!r}")
    error.__cause__ = reply.error
    return error
