"""Takes the pictures of the documentation: `make screenshots`, or `python -m tests.screenshots case` for one of them.

A desk of its own, with invented cases that are the same each time.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from benchmarks import held
from benchmarks.desk import ROOT, Desk, embedded
from tests import environment, services

environment.prepare()

import django  # noqa: E402 - the settings read the environment that was just prepared

django.setup()

from playwright.sync_api import sync_playwright  # noqa: E402 - slow to import, and only needed here

from hitl.demo import people  # noqa: E402 - apps must be ready
from hitl.demo.encounters import Encounter  # noqa: E402 - apps must be ready
from hitl.demo.scenarios import SCENARIOS  # noqa: E402 - apps must be ready
from hitl_client import Desk as Client  # noqa: E402 - after ours, whose name it shares
from reviewqueue.engine import policy_file  # noqa: E402 - apps must be ready
from reviewqueue.engine.starting import starting_policy  # noqa: E402 - apps must be ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "images"
# A folder as `benchmarks.held` reads it; without it the picture that needs it stays as it is.
PUBLIC: Final = "PUBLIC_CONVERSATIONS"
PASSWORD: Final = "a-picture-of-a-desk"
MOST_BYTES: Final = 150_000
WIDE, PHONE = (1440, 900), (390, 844)
# At this quality text stays sharp, in half of the bytes of a PNG.
TO_WEBP: Final = """async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}"""
# From the oldest to the newest, with how many minutes ago each began.
CASES: Final = (
    ("third-missed-delivery", 41),
    ("delete-my-account", 33),
    ("pre-approved-by-legal", 25),
    ("wrong-warranty-promise", 19),
    ("thirty-five-percent", 14),
    ("fleet-invoice", 11),
    ("cancel-the-repair-plan", 8),
    ("lost-my-phone", 6),
    ("mothers-account", 4),
    ("refund-late-delivery", 2),
)
SHOWN: Final = "refund-late-delivery"

# A decided case that somebody else is to look at, and an alarm: both come by chance otherwise.
COME_BY = """
import json
from hitl.accounts.models import User
from reviewqueue.models import Alarm, AlarmRule, Case, SecondLook
from reviewqueue.queries import clock
at, first = clock.now(), User.objects.get(username="mara")
refused = Case.objects.filter(decisions__decided_by=first, decisions__type="reject", second_seen=None)
decided = refused.filter(intent="discount").order_by("created_at").first()
SecondLook.objects.create(case=decided, first_by=first, first_type="reject", drawn_at=at)
rule = AlarmRule.objects.create(measure="held", limit=30, intent="refund", active=False, next_at=at)
refunds = Case.objects.filter(agent__name="wren-chat", intent="refund")
cases = [each.pk for each in refunds.order_by("-created_at")[:3]]
data = {"value": 85.0, "limit": 30.0, "count": 40, "total": 34.0, "cases": cases}
alarm = Alarm.objects.create(rule=rule, of="wren-chat · refund", data=data, raised_at=at, seen_at=at)
print(json.dumps({"look": decided.pk, "alarm": alarm.pk}))
"""

# Cases that are alike: whose delivery is moved to which day, and why.
ALIKE: Final = (
    ("Ines Roth", "A-2071", "2026-12-08", "Nobody is at home on Tuesday"),
    ("Paul Adeyemi", "A-2085", "2026-12-09", "Away until Wednesday, please bring it then"),
    ("Sara Lindqvist", "A-2090", "2026-12-08", "The delivery clashes with a shift"),
    ("Tom Becker", "A-2093", "2026-12-10", "Moving house this week, the new week is better"),
)
# The shop's published answers, and how the action of these cases reads.
FURNISHED: Final = """
import json
from audit.actions import SYSTEM
from hitl.demo import front_door
from reviewqueue.domain import phrasing
from reviewqueue.models import Wording
from reviewqueue.queries import clock
front_door.furnish(at=clock.now())
moved = phrasing.save(Wording(
    kind="tool_call", name="move_delivery",
    english="Delivers order {args.order_id} on {args.day}.",
    german="Liefert die Bestellung {args.order_id} am {args.day}.",
    english_effect="The customer can move it again.", german_effect="Man kann sie noch einmal verschieben.",
    example={"args": {"order_id": "A-2071", "day": "2026-12-08"}},
), actor=SYSTEM, at=clock.now())
print(json.dumps({"wording": moved.pk}))
"""


class Picture(NamedTuple):
    """What is taken, how large, in which light, by whom (nobody: a customer) and in which language."""

    name: str
    page: str
    size: tuple[int, int] = WIDE
    light: str = "light"
    who: str = "rosa"
    language: str = "en"
    # Of which desk: the invented shop, one where like cases wait, the demo's past (whose people sign in with its
    # password), or `PUBLIC`.
    of: str = "shop"


PICTURES: Final = (
    Picture("sign-in", "/sign-in/", who=""),
    Picture("queue", "/"),
    Picture("queue-german", "/", light="dark", language="de"),
    Picture("case", "/cases/{case}/"),
    Picture("case-dark", "/cases/{case}/", light="dark"),
    Picture("practice", "/practice/half/?step=2"),
    Picture("case-phone", "/cases/{case}/", size=PHONE),
    Picture("account", "/account/"),
    Picture("keys", "/habits/"),
    Picture("monitor", "/monitor/", who="sue"),
    Picture("team", "/team/", who="sue"),
    Picture("record", "/record/", who="sue"),
    Picture("policy", "/policy/", who="adam"),
    Picture("what-if", "/policy/what-if/", who="adam", of="public"),
    Picture("waits", "/waits/", who="adam"),
    Picture("wait", "{wait}", size=PHONE, who=""),
    Picture("callback", "{wait}/callback", size=PHONE, who=""),
    Picture("contact", "/contact/", size=PHONE, who=""),
    Picture("together", "/", of="alike"),
    Picture("admin-form", "/admin/reviewqueue/wording/{wording}/change/#reads", who="adam", of="alike"),
    Picture("help", "/help/", size=PHONE, who="", of="alike"),
    Picture("second-factor", "/account/second-factor/"),
    Picture("sessions", "/account/sessions/"),
    Picture("notices", "/notices/"),
    Picture("insight", "/insight/", who="quentin", of="past"),
    Picture("insight-metric", "/insight/override_rate/?by=version", who="quentin", of="past"),
    Picture("qa-results", "/qa/results/?week=4&by=version", who="quentin", of="past"),
    Picture("qa-case", "/qa/next", who="quentin", of="past"),
    Picture("qa-review", "/qa/reviews/week/{week}/", who="quentin", of="past"),
    Picture("insight-cases", "/insight/override_rate/cases", who="quentin", of="past"),
    Picture("qa-work", "/qa/", who="quentin", of="past"),
    Picture("qa-plan", "/qa/plan/", who="quentin", of="past"),
    Picture("gap-report", "/gaps/report/?week={week}", who="quentin", of="past"),
    Picture("coaching", "/coaching/", who="quentin", of="past"),
    Picture("specimen", "/coaching/", who="quentin", of="past"),
    Picture("how-i-decide", "/how-i-decide/", of="past"),
    Picture("second-look", "/second-looks/{look}/", who="sofia", of="past"),
    Picture("alarm", "/alarms/{alarm}/", who="sofia", of="past"),
    Picture("gaps", "/gaps/", who="quentin", of="past"),
    Picture("gap", "/gaps/{gap}/", who="quentin", of="past"),
    Picture("gap-rules", "/gaps/rules/", who="ada", of="past"),
    Picture("ladder", "/ladder/", who="ada", of="past"),
)


def seeded(desk: Desk) -> dict[str, str]:
    """Bring in the cases; returns the id of the one that is shown, and where its customer waits."""
    os.environ["HITL_PASSWORD"] = desk.environment["HITL_PASSWORD"] = PASSWORD
    skills = [word for skill in ("billing", "legal", "privacy", "security") for word in ("--skill", skill)]
    desk.command("make_user", "rosa", "--role", "reviewer", *skills)
    desk.command("make_user", "sue", "--role", "supervisor")
    desk.command("make_user", "adam", "--role", "admin")
    now = datetime.now(UTC)
    shown = {"case": "", "wait": ""}
    with Client(desk.url, desk.agent_key("wren-chat")) as agent:
        for number, (name, minutes) in enumerate(CASES, start=1):
            encounter = Encounter(SCENARIOS[name], number, now - timedelta(minutes=minutes))
            case = agent.propose(encounter.proposal())
            if name == SHOWN:
                shown = {"case": case.id, "wait": urlsplit(case.status_url or "").path}
    return shown


def alike(desk: Desk) -> dict[str, str]:
    """Cases that may be decided together; returns which wording is shown."""
    os.environ["HITL_PASSWORD"] = desk.environment["HITL_PASSWORD"] = PASSWORD
    desk.command("make_user", "rosa", "--role", "reviewer")
    desk.command("make_user", "adam", "--role", "admin")
    policy = starting_policy()
    policy["risk_levels"] = [{"match": {"action": ["move_delivery"]}, "level": "low"}, *policy["risk_levels"]]
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(policy_file.dump(policy))
        file.flush()
        desk.command("policy", "publish", file.name, "--author", "adam", "--reason", "A delivery is easily moved")
    with Client(desk.url, desk.agent_key("wren-chat")) as agent:
        for name, order, day, issue in ALIKE:
            action = {"kind": "tool_call", "name": "move_delivery", "args": {"order_id": order, "day": day}}
            agent.propose(
                {
                    "dedupe_key": order,
                    "intent": "delivery_change",
                    "language": "en",
                    "conversation": {"id": order, "channel": "chat", "messages": [{"role": "customer", "text": issue}]},
                    "customer": {"id": order, "name": name},
                    "actions": [action | {"call_id": "call_1", "reversible": True}],
                    "briefing": {"issue": issue},
                    "signals": {"confidence": 0.94},
                }
            )
    return {name: str(value) for name, value in json.loads(desk.command("shell", "-v", "0", "-c", FURNISHED)).items()}


def choose(page: "Page") -> None:
    """Tick every case of the list, and look at them as one table."""
    for box in page.locator(".c-pick input").all():
        box.check()
    page.click("#together button")
    page.wait_for_url("**/together/**")


def told(desk: Desk) -> dict[str, str]:
    """The demo's people and weeks; returns what the addresses of its pictures name."""
    command = [sys.executable, "-m", "tests.past_of_demo"]
    subprocess.run(command, env=desk.environment, cwd=ROOT, check=True)
    gaps = json.loads(desk.command("gaps", "--json", "--state", "verified"))["gaps"]
    chosen = json.loads(desk.command("shell", "-v", "0", "-c", COME_BY))
    return {"gap": gaps[0]["id"], "week": f"{datetime.now(UTC) - timedelta(weeks=2):%G-W%V}", **chosen}


def known(desk: Desk) -> dict[str, str]:
    """A desk under limits alone, with the writes of recorded conversations of which the outcome is known."""
    os.environ["HITL_PASSWORD"] = desk.environment["HITL_PASSWORD"] = PASSWORD
    desk.command("make_user", "adam", "--role", "admin")
    with NamedTemporaryFile("w", suffix=".json") as policy, NamedTemporaryFile("w", suffix=".jsonl") as file:
        policy.write(json.dumps(held.LIMITS_ALONE))
        policy.flush()
        desk.command("policy", "publish", policy.name, "--author", "adam", "--reason", "Limits alone")
        file.writelines(f"{json.dumps(each)}\n" for each in held.proposals(list(held.writes(Path(os.environ[PUBLIC])))))
        file.flush()
        desk.command("import_history", file.name, "--agent", "retail")
    return {}


def work_out(page: "Page") -> None:
    """Ask what the starting policy would have changed."""
    page.locator("textarea[name=text]").fill(policy_file.dump(starting_policy()))
    page.click("form[enctype] button.go")
    page.wait_for_selector(".report")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """The browser of this machine, without a window."""
    with sync_playwright() as playwright:
        program = services.program("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def signed_in(browser: "Browser", desk: Desk, picture: Picture) -> "Page":
    """A page of somebody's, in the right size and light."""
    width, height = picture.size
    page = browser.new_page(
        base_url=desk.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.light == "dark" else "light",
        reduced_motion="reduce",
    )
    page.context.add_cookies([{"name": "django_language", "value": picture.language, "url": desk.url}])
    page.goto("/sign-in/")
    if picture.who:
        page.fill("input[name=username]", picture.who)
        page.fill("input[name=password]", people.PASSWORD if picture.of == "past" else PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/")
        if page.locator(".offer").count():
            page.click(".offer button")
    return page


def take(page: "Page", picture: Picture, places: dict[str, str]) -> int:
    """Take one picture; returns its size in bytes."""
    page.goto(picture.page.format(**places))
    claim = page.locator("button[formaction$='/claim']")
    if claim.count():
        claim.click()
        page.wait_for_selector("button[name=verdict][value=approve]")
    if picture.name == "specimen":
        page.get_by_role("button", name="Learn from it").first.click()
        page.wait_for_selector("#lesson")
    if picture.name == "together":
        choose(page)
    if picture.name == "what-if":
        work_out(page)
    png = page.screenshot()
    page.goto("about:blank")
    written = base64.b64decode(page.evaluate(TO_WEBP, base64.b64encode(png).decode()))
    return (FOLDER / f"{picture.name}.webp").write_bytes(written)


DESKS: Final = {"shop": seeded, "alike": alike, "past": told, "public": known}


def main(wanted: list[str]) -> int:
    """Take all pictures or those that are named; 1 when one has become too large to ship."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for of, prepared in DESKS.items():
        pictures = [each for each in PICTURES if each.of == of and (not wanted or each.name in wanted)]
        if of == "public" and PUBLIC not in os.environ:
            continue
        if not pictures:
            continue
        with embedded() as desk, chromium() as browser:
            places = prepared(desk)
            for picture in pictures:
                page = signed_in(browser, desk, picture)
                sizes[picture.name] = take(page, picture, places)
                page.close()
    for name, size in sizes.items():
        sys.stdout.write(f"docs/images/{name}.webp  {size // 1000} kB\n")
    return 1 if max(sizes.values()) > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
