"""A desk as a real process, an agent that talks to it over HTTP, and people in real browsers."""

import itertools
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from tests import chromium, services
from tests.runtime import processes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

PASSWORD = "an-invented-password"
# Long enough to undo on a busy machine; who waits for an outcome hurries it.
UNDO_SECONDS = 10
# Machines that run tests are slow and busy; how fast the desk is, is measured elsewhere.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
WIDE = {"width": 1440, "height": 900}
# Each journey that hangs on what waits in a lane has that lane, and who works in it, to itself.
LANES = ("solo", "dozen", "best", "after", "early")
# Everything to a person; what comes for a lane goes there.
POLICY: dict[str, Any] = {
    "format": 1,
    "name": "Journeys",
    "currency": "EUR",
    "oversight": [
        {"match": {"intent": ["watched"]}, "mode": "on_the_loop", "veto_seconds": 600},
        {"match": {"intent": ["climb"]}, "mode": "out_of_the_loop"},
        {"match": {}, "mode": "in_the_loop"},
    ],
    "triggers": [
        *(
            {
                "name": lane,
                "category": "scope",
                "when": {"fact": "intent", "is": lane},
                "outcome": "review",
                "queue": lane,
            }
            for lane in LANES
        ),
        {
            "name": "refund-over-limit",
            "category": "financial",
            "when": {"fact": "action.value", "over": "200.00"},
            "outcome": "review",
            "queue": "billing",
        },
    ],
    # Harmless enough to be decided together, and too much for one person.
    "risk_levels": [
        {"match": {"action": ["send_voucher"]}, "level": "low"},
        {"match": {"action": ["wire_money"]}, "level": "critical"},
    ],
    "undo_seconds": UNDO_SECONDS,
    "expiry": {"seconds": 86400, "outcome": "expire"},
}
PEOPLE = {
    "ana": ("reviewer",),
    "ben": ("reviewer",),
    "solo": ("reviewer", "--queue", "solo"),
    "bea": ("reviewer", "--queue", "best"),
    "nils": ("reviewer", "--queue", "after"),
    "erna": ("reviewer", "--queue", "early"),
    "sue": ("supervisor",),
    "quinn": ("qa_lead",),
    "iris": ("auditor",),
    "adam": ("admin",),
}
_numbers = itertools.count(1)


@dataclass
class Desk:
    """A running desk and the agent in front of it."""

    url: str
    env: dict[str, str]
    agent: httpx.Client

    def propose(self, name: str, **fields: Any) -> dict[str, Any]:
        """An agent wants a refund for a customer of this name; answers with the case."""
        number = next(_numbers)
        proposal = {
            "dedupe_key": f"journey-{number}",
            "intent": "refund",
            "language": "en",
            "conversation": {
                "id": f"conv-{number}",
                "channel": "chat",
                "messages": [{"seq": 1, "role": "customer", "text": "My order came two weeks late."}],
            },
            "customer": {"id": f"cus-{number}", "name": name, "tier": "gold"},
            "actions": [refund()],
            "briefing": {"issue": "Order A-1 arrived two weeks late"},
            "signals": {"confidence": 0.9},
        }
        return self._answer("POST", "/proposals", proposal | fields)

    def case(self, case: dict[str, Any], *, wait: int = 0) -> dict[str, Any]:
        """The case as its agent sees it, after a change when asked to wait for one."""
        headers = {"Prefer": f"wait={wait}", "If-None-Match": f'"{case["version"]}"'} if wait else {}
        response = self.agent.get(f"/cases/{case['id']}", headers=headers)
        return case if response.status_code == 304 else dict(response.raise_for_status().json())

    def outcome(self, case: dict[str, Any]) -> dict[str, Any]:
        """The case once it is final; nobody waits for the end of its undo window."""

        def final() -> bool:
            self.hurry(case["id"])
            return bool(self.case(case)["status"] != "pending")

        services.until(final, what="the case is final")
        return self.case(case)

    def hurry(self, *cases: str) -> None:
        """What was decided about these cases can no longer be undone."""
        for case in cases:
            self.tell("UPDATE reviewqueue_case SET effective_at = created_at WHERE id = ? AND effective_at > ''", case)
            self.tell("UPDATE reviewqueue_decision SET effective_at = decided_at WHERE case_id = ?", case)

    def tell(self, statement: str, *values: Any) -> None:
        """Change what is in the desk's database, as time would."""
        with sqlite3.connect(Path(self.env["HITL_DATA_DIR"]) / "desk.sqlite3", timeout=PATIENCE / 1000) as database:
            database.execute(statement, values)
        database.close()

    def answer(self, case: dict[str, Any], text: str) -> None:
        """The agent answers the open question."""
        (question,) = [q for q in self.case(case)["questions"] if not q["answered_at"]]
        self._answer("POST", f"/cases/{case['id']}/answers", {"question_id": question["id"], "text": text})

    def withdraw(self, case: dict[str, Any]) -> None:
        """The agent takes its proposal back."""
        self._answer("POST", f"/cases/{case['id']}/withdraw", {"reason": "the customer changed their mind"})

    def manage(self, *arguments: str) -> Any:
        """A command of the desk."""
        return processes.managed(self.env, *arguments)

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.agent.request(method, path, json=body)
        assert response.is_success, response.text
        return dict(response.json())


def refund(amount: str = "350.00", **fields: Any) -> dict[str, Any]:
    """A refund with a schema."""
    return {
        "call_id": "call_1",
        "kind": "tool_call",
        "name": "refund_order",
        "args": {"order_id": "A-1", "amount": amount},
        "args_schema": {
            "type": "object",
            "required": ["order_id", "amount"],
            "properties": {"order_id": {"type": "string"}, "amount": {"type": "string", "pattern": r"^\d+\.\d{2}$"}},
        },
        "value": {"amount": amount, "currency": "EUR"},
        "reversible": False,
    } | fields


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with its people, a policy and an agent's key."""
    folder = tmp_path_factory.mktemp("desk")
    env = processes.environment(folder, HITL_PASSWORD=PASSWORD)
    for name, (role, *more) in PEOPLE.items():
        processes.managed(env, "make_user", name, "--role", role, *more)
    policy = folder / "policy.json"
    policy.write_text(json.dumps(POLICY))
    processes.managed(env, "policy", "publish", str(policy), "--author", "adam", "--reason", "for the journeys")
    key = processes.agent_key(env, "support-bot")
    # Whose reader is asked for their own view first is drawn by the id of the case; no journey may hang on that.
    with processes.served(folder, HITL_OWN_VIEW_PERCENT="0") as served, processes.agent(served.url, key) as agent:
        yield Desk(served.url, env, agent)


@dataclass
class Seat:
    """Somebody at a browser: everything it asked for and complained about is kept."""

    desk: Desk
    context: "BrowserContext"
    page: "Page"
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, path: str) -> "Page":
        """Go to a page of the desk."""
        self.page.goto(f"{self.desk.url}{path}")
        return self.page

    def case(self, case: dict[str, Any]) -> "Page":
        """Go to a case."""
        return self.open(f"/cases/{case['id']}/")

    def keys(self, *names: str) -> None:
        """Press keys one after the other, once the page listens to them."""
        self.page.wait_for_selector("#live-state:not([hidden])")
        self.pressed(*names)

    def pressed(self, *names: str) -> None:
        """Press keys one after the other once the whole page is there, its scripts too; where nothing is live."""
        self.page.wait_for_load_state()
        for name in names:
            self.page.keyboard.press(name)

    def claim(self) -> "Page":
        """Take the case that is shown, and wait for all of it: its scripts hear of nothing that is typed before."""
        self.page.get_by_role("button", name="Claim").click()
        expect(self.page.locator("#lease")).to_contain_text("yours for")
        self.page.wait_for_load_state()
        return self.page

    def read(self, ground: str = "within the rules") -> None:
        """Look long enough for the desk to believe that the case was read, and say why it is right."""
        expect(self.page.locator("#unread")).to_be_empty()
        if ground:
            self.page.get_by_label(ground).check()

    def foreign(self) -> list[str]:
        """Requests that left the desk."""
        ws = self.desk.url.replace("http", "ws", 1)
        return [url for url in self.asked if not url.startswith((self.desk.url, ws, "data:", "about:"))]


Sit = Callable[..., Seat]


@pytest.fixture
def sit(desk: Desk, browser: "Browser", _signed_in: Callable[[str], Path]) -> Iterator[Sit]:
    """Seats for people; each must be left without an error on its console and without a foreign request."""
    seats: list[Seat] = []

    def _sit(name: str = "", **options: Any) -> Seat:
        state = {"storage_state": _signed_in(name)} if name else {}
        context = browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | state | options))
        seat = Seat(desk, context, context.new_page())
        _watch(seat)
        seats.append(seat)
        return seat

    yield _sit
    for seat in seats:
        chromium.close(seat.context)
    assert [complaint for seat in seats for complaint in seat.complaints] == []
    assert [url for seat in seats for url in seat.foreign()] == []
    assert [dialog for seat in seats for dialog in seat.dialogs] == []


def _watch(seat: Seat) -> None:
    seat.page.set_default_timeout(PATIENCE)
    seat.page.on("request", lambda request: seat.asked.append(request.url))
    seat.page.on("websocket", lambda socket: seat.asked.append(socket.url))
    seat.page.on("pageerror", lambda error: seat.complaints.append(str(error)))
    seat.page.on("console", lambda message: _note(seat, message.type, message.text))
    seat.page.on("dialog", lambda dialog: _closed(seat, dialog))


def _closed(seat: Seat, dialog: "Dialog") -> None:
    seat.dialogs.append(dialog.message)
    dialog.accept()


def _note(seat: Seat, kind: str, text: str) -> None:
    """A refusal is an answer, not an error of the page, though the browser mentions its status."""
    refused = re.search(r"status of (401|403|404|409|412|422|429)", text)
    if kind == "error" and not refused:
        seat.complaints.append(text)


@pytest.fixture(scope="session")
def _signed_in(
    desk: Desk, chromium_of_tests: chromium.Chromium, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The cookies of somebody who has signed in, made once."""
    folder = tmp_path_factory.mktemp("cookies")

    def _cookies(name: str) -> Path:
        file = folder / f"{name}.json"
        if not file.exists():
            context = chromium_of_tests.browser().new_context()
            page = context.new_page()
            sign_in(page, desk.url, name)
            # All share one desk: nobody takes what another test has proposed.
            page.goto(f"{desk.url}/habits/")
            page.get_by_label("After a decision").uncheck()
            page.get_by_role("button", name="Save").click()
            page.get_by_text("Saved.").wait_for()
            context.storage_state(path=file)
            chromium.close(context)
        return file

    return _cookies


def sign_in(page: "Page", url: str, name: str, password: str = PASSWORD) -> None:
    """Fill in the door's form."""
    page.goto(f"{url}/sign-in/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
