"""The wire without a network: what each verb sends, and how its answer reads. Shared by the sync and the async desk."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel, JsonValue, ValidationError

from hitl_client.case import Case, ConversationControl, EventPage, FinalAction, Grant, Redemption, Talk
from hitl_client.errors import Fault, Problem, UnreadableError
from hitl_client.proposal import Customer, Message, Proposal, Signals

BASE_PATH = "/api/v1"
NOT_MODIFIED = 304

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `patience` is how many seconds longer than usual the answer may take."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    patience: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One verb: its request, and what its successful answer means."""

    request: Request
    read: Callable[[Response], T]


def propose(proposal: Proposal) -> Call[Case]:
    """Open a case; the dedupe_key inside makes a repeat harmless."""
    return Call(post("/proposals", proposal.as_json(), once=False), read_case)


def case(case_id: str, *, etag: str = "", wait_seconds: int = 0) -> Call[Case | None]:
    """None when nothing changed since `etag`."""
    headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
    if etag:
        headers["If-None-Match"] = etag
    request = Request("GET", f"/cases/{_part(case_id)}", headers=headers, patience=wait_seconds)
    return Call(request, lambda answer: None if answer.status == NOT_MODIFIED else read_case(answer))


def withdraw(case_id: str, reason: str) -> Call[Case]:
    """Take the proposal back."""
    return Call(post(f"/cases/{_part(case_id)}/withdraw", {"reason": reason}), read_case)


def answer(case_id: str, question_id: str, text: str) -> Call[Case]:
    """Answer a reviewer's question."""
    return Call(post(f"/cases/{_part(case_id)}/answers", {"question_id": question_id, "text": text}), read_case)


def redeem(grant_id: str, final_action: FinalAction, executor: str) -> Call[Redemption]:
    """Claim the one right to execute; the Idempotency-Key lets only this call's own retries hear its first answer."""
    body: dict[str, JsonValue] = {"final_action": final_action.as_json(), "executor": executor}
    return Call(post(f"/grants/{_part(grant_id)}/redeem", body), lambda answer: _model(Redemption, answer))


def renew(grant_id: str) -> Call[Grant]:
    """Ask for a new expiry."""
    return Call(post(f"/grants/{_part(grant_id)}/renew", {}), lambda answer: _model(Grant, answer, id=grant_id))


def outcome(
    grant_id: str,
    status: str,
    *,
    result: dict[str, JsonValue] | None = None,
    external_ref: str | None = None,
    error: str | None = None,
) -> Call[None]:
    """Report what the execution came to."""
    body: dict[str, JsonValue] = {
        "status": status,
        "result": result or {},
        "external_ref": external_ref,
        "error": error,
    }
    return Call(post(f"/grants/{_part(grant_id)}/outcome", body), lambda _: None)


def converse(
    conversation_id: str,
    messages: tuple[Message, ...],
    customer: Customer | None,
    signals: Signals | None,
    **more: str | None,
) -> Call[ConversationControl]:
    """Feed messages of a conversation."""
    body: dict[str, JsonValue] = {"messages": [message.as_json() for message in messages]}
    body |= {"customer": customer.as_json()} if customer else {}
    body |= {"signals": signals.as_json()} if signals else {}
    body |= {name: value for name, value in more.items() if value is not None}
    return Call(
        post(f"/conversations/{_part(conversation_id)}/messages", body),
        lambda answer: _model(ConversationControl, answer),
    )


def conversation(conversation_id: str, *, etag: str = "", wait_seconds: int = 0) -> Call[Talk | None]:
    """None when nothing changed since `etag`."""
    headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
    if etag:
        headers["If-None-Match"] = etag
    request = Request("GET", f"/conversations/{_part(conversation_id)}", headers=headers, patience=wait_seconds)
    return Call(request, lambda answer: None if answer.status == NOT_MODIFIED else _model(Talk, answer))


def delivered(conversation_id: str, message_id: str) -> Call[None]:
    """Say that a message is with the customer."""
    path = f"/conversations/{_part(conversation_id)}/outbox/{_part(message_id)}/delivered"
    return Call(post(path, {}), lambda _: None)


def close_conversation(conversation_id: str, **known: bool | int | None) -> Call[Talk]:
    """Report the end, as far as it is known."""
    body: dict[str, JsonValue] = {name: value for name, value in known.items() if value is not None}
    return Call(post(f"/conversations/{_part(conversation_id)}/close", body), lambda answer: _model(Talk, answer))


def reopen_conversation(conversation_id: str) -> Call[Talk]:
    """Report that it goes on."""
    return Call(post(f"/conversations/{_part(conversation_id)}/reopen", {}), lambda answer: _model(Talk, answer))


def events(after: str) -> Call[EventPage]:
    """Ask for the events behind a cursor, as JSON."""
    request = Request(
        "GET", "/events", params={"after": after} if after else {}, headers={"Accept": "application/json"}
    )
    return Call(request, lambda answer: _model(EventPage, answer))


def read_case(answer: Response) -> Case:
    """Read a case with its ETag; the version stands in for a missing one."""
    seen = _model(Case, answer)
    return seen.model_copy(update={"etag": answer.headers.get("etag") or f'"{seen.version}"'})


def problem(answer: Response) -> Problem:
    """Read a problem document; a proxy's page without one still gives its status."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = {}
    if not isinstance(said, dict):
        said = {}
    return Problem(
        status=answer.status,
        slug=str(said.get("type") or "").rpartition("/")[2],
        title=str(said.get("title") or ""),
        detail=str(said.get("detail") or ""),
        errors=_faults(said.get("errors")),
        request_id=answer.headers.get("x-request-id", ""),
    )


def root(url: str) -> str:
    """Give the address of the wire for a desk's address, with or without `/api/v1` at its end."""
    return re.sub(rf"({BASE_PATH})?/*$", "", url) + BASE_PATH


def _faults(listed: object) -> tuple[Fault, ...]:
    entries = listed if isinstance(listed, list) else []
    return tuple(
        Fault(str(entry.get("pointer", "")), str(entry.get("detail", "")))
        for entry in entries
        if isinstance(entry, dict)
    )


def post(path: str, body: dict[str, JsonValue], *, once: bool = True) -> Request:
    """Make a POST with JSON. Its Idempotency-Key lets a retry hear the first answer; another call is another wish."""
    headers = {"Content-Type": "application/json"}
    if once:
        headers["Idempotency-Key"] = str(uuid4())
    return Request("POST", path, headers=headers, body=json.dumps(body, ensure_ascii=False, allow_nan=False).encode())


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


def _model(model: type[M], answer: Response, **defaults: str) -> M:
    try:
        return model.model_validate({**defaults, **json.loads(answer.body or b"{}")})
    except (ValueError, TypeError) as fault:
        said = f"{answer.status} with {answer.body[:200]!r}"
        message = f"{model.__name__} expected, but the desk answered {said}: {_why(fault)}"
        raise UnreadableError(message) from fault


def _why(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        return "; ".join(f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in fault.errors())
    return str(fault)
