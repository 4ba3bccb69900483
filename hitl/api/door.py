"""What every call passes on its way in, in this order: who is it, may it call so often, what does it say, is it new."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from hitl.api import bodies, callers, idempotency, problems, throttle

Run = Callable[..., HttpResponse]
Caller = callers.AgentCaller | callers.PersonCaller


def for_agents(scope: str, *, invalid: str = "invalid-request") -> Callable[[Run], Run]:
    """Lets agents in whose key has ``scope``; ``invalid`` is how this call names a body that does not fit."""
    return _door(lambda request: agent(request, scope), invalid)


def agent(request: HttpRequest, scope: str) -> callers.AgentCaller:
    """The agent that calls, when its key has this scope and it does not call too often."""
    caller = callers.agent(request, scope=scope)
    throttle.take(caller.agent)
    return caller


def for_people(*, invalid: str = "invalid-request") -> Callable[[Run], Run]:
    """Lets people in with their personal token."""
    return _door(person, invalid)


def person(request: HttpRequest) -> callers.PersonCaller:
    """The person who calls."""
    return callers.person(request)


def _door(known: Callable[[HttpRequest], Caller], invalid: str) -> Callable[[Run], Run]:
    def decorate(run: Run) -> Run:
        @wraps(run)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            request.invalid = invalid
            try:
                request.caller = known(request)
                given = _answered(request, lambda: run(request, *args, **kwargs))
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
                given = problems.of(error, request)
            given.headers.setdefault("Cache-Control", "no-store")
            return given

        return answer

    return decorate


def _answered(request: Any, work: Callable[[], HttpResponse]) -> HttpResponse:
    if request.method != "POST":
        return work()
    raw = bodies.read(request)
    request.document = bodies.document(raw)
    return idempotency.once(request, raw, principal=request.caller.principal, at=request.caller.at, work=work)
