"""A desk small enough to read: the agents' wire on a real socket, with faults on demand.

It keeps cases and grants in memory and stands in for nothing but the network side of the product, so that the client
is tried against dropped replies, busy answers and lost races that a healthy desk does not produce on request.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from hitl_client import digest

Json = dict[str, Any]
AnyDesk = TypeVar("AnyDesk", bound="SmallDesk")
Policy = Callable[[Json], list[Json] | None]  # decisions at once, or None: a person must look


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Trouble:
    """What goes wrong with the next requests that match: `drop` works and never answers, `cut` does not even work."""

    path: str
    kind: str = "drop"
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


class Refusal(Exception):  # noqa: N818 - it is the desk's answer, and no error of the tests
    """A problem document on its way."""

    def __init__(self, status: int, slug: str, detail: str = "no", errors: list[Any] | None = None) -> None:
        self.status = status
        self.document = {"type": f"/problems/{slug}", "title": slug, "status": status, "detail": detail}
        self.document |= {"errors": errors} if errors else {}
        super().__init__(slug)


class SmallDesk:
    """The whole state of the desk; every method holds the lock."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.cases: dict[str, Json] = {}
        self.proposals: dict[str, Json] = {}
        self.grants: dict[str, Json] = {}
        self.outbox: list[Json] = []
        self.talk: Json = {"id": "conv_8812", "control": "agent", "version": 1}
        self.outcomes: dict[str, Json] = {}
        self.renewals: list[str] = []
        self.events: list[Json] = []
        self.seen: list[Seen] = []
        self.troubles: list[Trouble] = []
        self.replays: dict[tuple[str, str], tuple[int, Json]] = {}
        self.policy: Policy = lambda _proposal: None
        self.url = ""

    def expect(self, path: str, kind: str = "drop", **more: Any) -> None:
        """Make the next matching request go wrong."""
        self.troubles.append(Trouble(path, kind, **more))

    def calls(self, pattern: str) -> list[Seen]:
        return [seen for seen in self.seen if re.search(pattern, f"{seen.method} {seen.path}")]

    def only_case(self) -> Json:
        (case,) = self.cases.values()
        return case

    def wait_for(self, holds: Callable[[], object], seconds: float = 60.0) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, seconds), "it did not happen in time"

    def propose(self, proposal: Json) -> tuple[int, Json]:
        known = next((case for case in self.cases.values() if case["dedupe_key"] == proposal["dedupe_key"]), None)
        if known is not None:
            if self.proposals[known["id"]] != proposal:
                raise Refusal(422, "dedupe-conflict", "this key was used for other content")
            return 200, known
        case = self._open(proposal)
        if (decisions := self.policy(proposal)) is not None:
            by = {"type": "policy", "id": "policy_12"}
            self.decide(case["id"], *[{"decided_by": by, **decision} for decision in decisions])
        return 201, case

    def _open(self, proposal: Json) -> Json:
        case: Json = {"id": f"case_{len(self.cases) + 1}", "dedupe_key": proposal["dedupe_key"], "status": "pending"}
        case |= {"version": 1, "oversight": "in_the_loop", "waiting_on": "reviewer", "decisions": [], "questions": []}
        case |= {
            "reasons": [{"trigger": "all-writes", "says": "every write is held"}],
            "resume": proposal.get("resume"),
        }
        self.cases[case["id"]] = case
        self.proposals[case["id"]] = proposal
        return case

    def decide(self, case_id: str, *decisions: Json, final: bool = True) -> None:
        """Decide actions: {"call_id", "type", "args"?, "message"?, …}; an approval gets its grant."""
        with self.changed:
            case = self.cases[case_id]
            case["decisions"] += [self._decision(case, wish) for wish in decisions]
            case["status"] = "decided" if final else "pending"
            self.touch(case, "case.decided")

    def approve_all(self, case_id: str) -> None:
        actions = self.proposals[case_id]["actions"]
        self.decide(case_id, *[{"call_id": action["call_id"], "type": "approve"} for action in actions])

    def _decision(self, case: Json, wish: Json) -> Json:
        proposed = {action["call_id"]: action for action in self.proposals[case["id"]]["actions"]}[wish["call_id"]]
        decision: Json = {"id": f"dec_{case['id']}_{wish['call_id']}", "final_action": None, "grant": None}
        decision |= {
            "message": None,
            "reason_code": None,
            "response": None,
            "decided_by": {"type": "user", "id": "u_17"},
        }
        decision |= {name: value for name, value in wish.items() if name != "args"}
        if wish["type"] in {"approve", "edit"}:
            final = deepcopy({"name": proposed["name"], "args": wish.get("args", proposed["args"])})
            decision |= {"final_action": final, "grant": self._issue(case, final)}
        return decision

    def _issue(self, case: Json, final: Json) -> Json:
        grant = {"id": f"grant_{len(self.grants) + 1}", "digest": digest(final), "expires_at": "2030-01-01T00:00:00Z"}
        self.grants[grant["id"]] = {**grant, "case": case["id"], "final": deepcopy(final), "state": "issued"}
        return grant

    def ask(self, case_id: str, text: str, of: str = "agent") -> None:
        with self.changed:
            case = self.cases[case_id]
            case["questions"].append({"id": f"q_{len(case['questions']) + 1}", "of": of, "text": text, "answer": None})
            case["waiting_on"] = of
            self.touch(case, "case.question")

    def end(self, case_id: str, status: str) -> None:
        with self.changed:
            self.cases[case_id]["status"] = status
            self.touch(self.cases[case_id], f"case.{status}")

    def touch(self, case: Json, kind: str) -> None:
        case["version"] += 1
        data = {"case_id": case["id"], "dedupe_key": case["dedupe_key"], "status": case["status"]}
        self.events.append(
            {"id": str(len(self.events) + 1), "type": kind, "timestamp": "2026-11-20T12:00:00Z", "data": data}
        )
        self.changed.notify_all()

    def withdraw(self, case_id: str) -> Json:
        case = self.cases[case_id]
        if case["status"] != "pending":
            raise Refusal(409, "not-pending", f"the case is {case['status']}")
        self.end(case_id, "withdrawn")
        return case

    def answered(self, case_id: str, body: Json) -> Json:
        case = self.cases[case_id]
        question = next(entry for entry in case["questions"] if entry["id"] == body["question_id"])
        question["answer"] = body["text"]
        case["waiting_on"] = "reviewer"
        self.touch(case, "case.answered")
        return case

    def redeem(self, grant_id: str, body: Json) -> Json:
        grant = self.grants[grant_id]
        if grant["state"] == "redeemed":
            raise Refusal(409, "grant-redeemed", "the grant was used")
        if grant["state"] != "issued":
            raise Refusal(403, f"grant-{grant['state']}", f"the grant is {grant['state']}")
        if digest(body["final_action"]) != grant["digest"]:
            raise Refusal(403, "grant-digest-mismatch", "another action was approved")
        grant |= {"state": "redeemed", "executor": body["executor"]}
        return {"id": grant_id, "digest": grant["digest"], "final_action": grant["final"]}

    def renew(self, grant_id: str) -> Json:
        self.renewals.append(grant_id)
        if self.cases[self.grants[grant_id]["case"]]["status"] != "decided":
            raise Refusal(403, "grant-void", "the case is no longer valid")
        self.grants[grant_id]["state"] = "issued"
        return {"id": grant_id, "digest": self.grants[grant_id]["digest"], "expires_at": "2031-01-01T00:00:00Z"}

    def outcome(self, grant_id: str, body: Json) -> Json:
        self.outcomes[grant_id] = body
        self.changed.notify_all()
        return {"id": grant_id}

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        """Route one request; a repeat under the same Idempotency-Key hears the first answer."""
        key = (path, headers.get("idempotency-key", ""))
        if key in self.replays:
            return self.replays[key]
        try:
            status, said = self._route(method, path, body)
        except Refusal as no:
            status, said = no.status, no.document
        if key[1]:
            self.replays[key] = (status, json.loads(json.dumps(said)))
        return status, said

    def _route(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        for pattern, verb in self.routes().items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                if (case_id := found.groupdict().get("case")) and case_id not in self.cases:
                    break
                said = verb(*found.groups(), *([body] if method == "POST" else []))
                return said if isinstance(said, tuple) else (200, said)
        raise Refusal(404, "not-found", "there is no such thing")

    def routes(self) -> dict[str, Callable[..., Any]]:
        case, grant = r"/cases/(?P<case>[^/]+)", r"/grants/([^/]+)"
        return {
            "POST /proposals": self.propose,
            f"GET {case}": self.cases.__getitem__,
            f"POST {case}/withdraw": lambda case_id, _body: self.withdraw(case_id),
            f"POST {case}/answers": self.answered,
            f"POST {grant}/redeem": self.redeem,
            f"POST {grant}/renew": lambda grant_id, _body: self.renew(grant_id),
            f"POST {grant}/outcome": self.outcome,
            "POST /conversations/([^/]+)/messages": lambda _id, _body: {"control": "agent", "case": None},
            "POST /conversations/([^/]+)/outbox/([^/]+)/delivered": self.delivered,
            "POST /conversations/([^/]+)/(?:close|reopen)": lambda _id, body: self.talk_now(**body),
            "GET /conversations/([^/]+)": lambda _id: self.talk_now(),
        }

    def talk_now(self, **said: Any) -> Json:
        """The one conversation, with what was said of its end."""
        self.talk |= said
        return {**self.talk, "outbox": self.outbox}

    def delivered(self, _talk: str, message: str, _body: Any) -> Json:
        self.outbox = [waiting for waiting in self.outbox if waiting["id"] != message]
        self.talk["version"] += 1
        return {"id": message}

    def trouble_for(self, path: str) -> Trouble | None:
        for trouble in self.troubles:
            if re.search(trouble.path, path) and trouble.times > 0:
                trouble.times -= 1
                return trouble
        return None


class Door(BaseHTTPRequestHandler):
    """HTTP on one side, the small desk on the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: two of them wait for each other's acknowledgement

    def __init__(self, *args: Any, desk: SmallDesk) -> None:
        self.desk = desk
        super().__init__(*args)

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output quiet."""

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: Any) -> None:
        path, _, query = self.path.removeprefix("/api/v1").partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.desk.changed:
            self.desk.seen.append(Seen(self.command, path, headers, body))
            trouble = self.desk.trouble_for(path)
            self.desk.changed.notify_all()
        if trouble and trouble.kind == "cut":
            return self._hang_up()
        if trouble and trouble.kind == "busy":
            return self._reply(trouble.status, {"status": trouble.status}, trouble.headers)
        if path == "/events":
            return self._events(headers, query, trouble)
        return self._answer(path, headers, body, dropped=trouble is not None)

    def _answer(self, path: str, headers: dict[str, str], body: Any, *, dropped: bool) -> None:
        with self.desk.changed:
            self._hold(path, headers)
            status, said = self.desk.answer(self.command, path, headers, body)
            said = json.loads(json.dumps(said))
        etag = f'"{said["version"]}"' if status < 300 and "version" in said else ""
        if dropped:
            return self._hang_up()
        if etag and etag == headers.get("if-none-match"):
            return self._reply(304, None, {"ETag": etag})
        return self._reply(status, said, {"ETag": etag} if etag else {})

    def _hold(self, path: str, headers: dict[str, str]) -> None:
        case = self.desk.cases.get(path.removeprefix("/cases/"))
        if case and (held := re.fullmatch(r"wait=(\d+)", headers.get("prefer", ""))):
            self.desk.changed.wait_for(
                lambda: f'"{case["version"]}"' != headers.get("if-none-match") or case["status"] != "pending",
                int(held[1]),
            )

    def _events(self, headers: dict[str, str], query: str, trouble: Trouble | None) -> None:
        after = int(headers.get("last-event-id") or query.removeprefix("after=") or 0)
        with self.desk.changed:
            later = self.desk.events[after:]
        if headers["accept"] == "application/json":
            return self._reply(200, {"events": later, "cursor": later[-1]["id"] if later else str(after)}, {})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": welcome\r\n\r\n")
        for event in later[: 1 if trouble else None]:
            said = json.dumps(event["data"], ensure_ascii=False)
            self.wfile.write(f"id: {event['id']}\nevent: {event['type']}\ndata: {said}\n\n".encode())
        if trouble:
            self.wfile.write(b"id: 99\nevent: half")
        return self._hang_up()

    def _reply(self, status: int, said: Any, headers: dict[str, str]) -> None:
        payload = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _hang_up(self) -> None:
        self.close_connection = True


@contextmanager
def open_desk(desk: AnyDesk) -> Iterator[AnyDesk]:
    """Serve the desk on a free port of this machine until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Door, desk=desk))
    server.daemon_threads = True
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True)
    thread.start()
    desk.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
