"""Callers of the wire. Whatever they are answered is held against the OpenAPI description: status, type and body."""

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from audit.actions import SYSTEM
from hitl.accounts import tokens
from hitl.api import description
from reviewqueue.domain import configuration
from reviewqueue.models import PolicyVersion
from tests import factories

ROOT = "/api/v1"
Json = dict[str, Any]


class Reply:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.raw: bytes = response.content
        self.kind: str = response.headers.get("Content-Type", "").partition(";")[0]

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def slug(self) -> str:
        """The problem's type, "" when it is none."""
        return self.body["type"].removeprefix("/problems/") if self.kind == "application/problem+json" else ""

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(fault["pointer"], fault["detail"]) for fault in self.body.get("errors", [])]


class Caller:
    """Somebody with a secret."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        return self.send("POST", path, raw, headers=headers)

    def send(self, method: str, path: str, raw: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.secret:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        response = Client().generic(method, ROOT + path, raw, content_type="application/json", headers=sent)
        reply = Reply(response)
        described(method, path, reply)
        return reply


class AgentCaller(Caller):
    """An agent with a key of its own."""

    def __init__(self, *, scopes: tuple[str, ...] = ("propose", "redeem"), **fields: Any) -> None:
        self.agent = factories.agent(**fields)
        self.key, secret = configuration.make_key(self.agent.name, scopes=scopes, actor=SYSTEM, at=factories.now())
        super().__init__(secret)

    def propose(self, **fields: Any) -> Any:
        """A case under the policy in force."""
        if not PolicyVersion.objects.exists():
            factories.policy()
        return self.post("/proposals", factories.document(**fields)).body


class PersonCaller(Caller):
    """A person with a token of their own."""

    def __init__(self, role: str = "reviewer", **fields: Any) -> None:
        self.user = factories.person(role, **fields)
        _token, secret = tokens.make(self.user, label="test", at=factories.now())
        super().__init__(secret)

    def claim(self, case: str) -> Any:
        return self.post(f"/review/cases/{case}/claim").body

    def decide(self, briefing: Json, *rulings: Json, key: str = "", **more: Any) -> Reply:
        """Rule on what the briefing showed; without rulings: approve everything."""
        body = {
            "claim_token": briefing["claim"]["token"],
            "version": briefing["version"],
            "seen_digest": briefing["seen_digest"],
            "decisions": list(rulings)
            or [{"call_id": action["call_id"], "type": "approve"} for action in briefing["actions"]],
        }
        headers = {"Idempotency_Key": key} if key else {}
        return self.post(f"/review/cases/{briefing['id']}/decide", body | more, **headers)


def described(method: str, path: str, reply: Reply) -> None:
    """Fail when the description does not promise exactly such an answer."""
    operation = operation_of(method, path)
    if operation is None or (reply.status in {404, 405} and reply.slug in {"not-found", "method-not-allowed"}):
        return
    promised = operation["responses"][str(reply.status)]
    if reply.slug:
        assert f"/problems/{reply.slug}" in promised["x-problem-types"]
    if not reply.raw:
        assert "content" not in promised
        return
    schema = promised["content"][reply.kind]["schema"]
    if schema != {"type": "string"}:
        whole = Draft202012Validator({**schema, "components": description.document()["components"]})
        assert [f"{fault.json_path}: {fault.message}" for fault in whole.iter_errors(reply.body)] == []


def operation_of(method: str, path: str) -> Any:
    for pattern, methods in _routes():
        if pattern.fullmatch(ROOT + path.partition("?")[0]) and method.lower() in methods:
            return methods[method.lower()]
    return None


@cache
def _routes() -> list[tuple[re.Pattern[str], Json]]:
    paths = description.document()["paths"]
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in paths.items()]
