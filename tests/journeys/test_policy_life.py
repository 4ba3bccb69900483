"""The whole life of a policy in browsers: drafted, checked, let pass by a second person, rolled back; and who waits."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from tests import chromium
from tests.journeys.conftest import PASSWORD, PEOPLE, WIDE, Desk, Seat, _watch, refund, sign_in
from tests.journeys.test_everybody import AXE
from tests.runtime import processes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What is small goes out alone, so that a limit can be seen at work.
POLICY: dict[str, Any] = {
    "format": 1,
    "name": "Life",
    "currency": "EUR",
    "oversight": [{"match": {}, "mode": "out_of_the_loop"}],
    "triggers": [
        {
            "name": "refund-over-limit",
            "category": "financial",
            "when": {"fact": "action.value", "over": "200.00"},
            "outcome": "review",
        },
    ],
    "undo_seconds": 3,
}
LIMIT = "#id_rows-0-value"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of its own: the others keep their policy."""
    folder = tmp_path_factory.mktemp("life")
    env = processes.environment(folder, HITL_PASSWORD=PASSWORD)
    for name, (role, *more) in ({name: PEOPLE[name] for name in ("ben", "sue", "adam")} | {"bea": ("admin",)}).items():
        processes.managed(env, "make_user", name, "--role", role, *more)
    file = folder / "policy.json"
    file.write_text(json.dumps(POLICY))
    processes.managed(env, "policy", "publish", str(file), "--author", "adam", "--reason", "for the journey")
    key = processes.agent_key(env, "support-bot")
    with processes.served(folder) as served, processes.agent(served.url, key) as agent:
        yield Desk(served.url, env, agent)


@pytest.fixture
def seat(desk: Desk, browser: "Browser") -> Iterator[Callable[[str], Seat]]:
    """Somebody who has just signed in; each must leave without a complaint of the browser."""
    seats: list[Seat] = []

    def _seat(name: str) -> Seat:
        context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
        made = Seat(desk, context, context.new_page())
        _watch(made)
        sign_in(made.page, desk.url, name)
        seats.append(made)
        return made

    yield _seat
    for made in seats:
        chromium.close(made.context)
    assert [complaint for made in seats for complaint in made.complaints] == []
    assert [url for made in seats for url in made.foreign()] == []


def press(page: "Page", name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def begun(page: "Page", link: str) -> str:
    """The address of a new draft."""
    page.get_by_role("link", name=link).click()
    press(page, "Begin")
    return page.url


def status(desk: Desk, name: str) -> str:
    """What becomes at once of a refund of 350 EUR."""
    return str(desk.propose(name, actions=[refund("350.00")])["status"])


@pytest.mark.covers("R33", "R35", "R46", "R91", "R101")
def test_a_policy_is_drafted_checked_published_by_two_and_rolled_back(desk: Desk, seat: Callable[[str], Seat]) -> None:
    assert status(desk, "Before B.") == "pending"
    adam = seat("adam")
    page = adam.open("/policy/")
    expect(
        page.get_by_text("All proposals are held for a person when the value is over 200.00 EUR or unknown.")
    ).to_be_visible()
    draft = begun(page, "Change it")
    page.get_by_role("link", name="Refund over limit").click()
    # Faults stand beside their field.
    page.fill(LIMIT, "a lot")
    press(page, "Save in the draft")
    expect(page.get_by_text("must be a number")).to_be_visible()
    page.fill(LIMIT, "500.00")
    press(page, "Save in the draft")
    changes = page.locator("#changes")
    expect(changes).to_contain_text("the value is over 500.00 EUR or unknown instead of over 200.00 EUR")
    expect(changes).to_contain_text("looser")
    expect(page.locator("#lints")).to_contain_text("The agent support-bot has no owner")
    # One person alone cannot let it pass.
    expect(page.get_by_text("somebody who did not work on it must publish it")).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    # Nobody publishes blind: what it would have done with what came in so far.
    expect(page.locator("#looked")).to_contain_text("Nobody has looked at what exactly this draft would have done.")
    page.get_by_role("link", name="Hold it against what happened").click()
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("main")).to_contain_text("it would have been 0")
    page.get_by_role("link", name="To the draft").click()
    expect(page.locator("#looked")).to_contain_text("with this draft it would have been 0")
    page.fill("#reason", "Two hundred holds too many small ones")
    press(page, "Ask a second person")
    assert status(desk, "Between B.") == "pending"

    bea = seat("bea").open("/policy/")
    bea.get_by_role("link", name="1 draft waits for a second person").click()
    bea.goto(draft)
    expect(bea.locator("#changes")).to_contain_text("over 500.00 EUR")
    expect(bea.locator("#looked")).to_contain_text("with this draft it would have been 0")
    press(bea, "Publish")
    expect(bea.get_by_text("Version 2 is in force.")).to_be_visible()
    assert status(desk, "After A.") == "decided"

    page = adam.open("/policy/versions/1/")
    expect(page.get_by_text("version 1, earlier")).to_be_visible()
    begun(page, "Roll back to it")
    expect(page.locator("#changes")).to_contain_text("over 200.00 EUR or unknown instead of over 500.00 EUR")
    page.fill("#reason", "It let too much pass")
    # There is no time for a look, and that is on record.
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    page.get_by_text("Publish without a look").click()
    page.fill("#blind", "Money runs away")
    press(page, "Publish blind")
    expect(page.get_by_text("Version 3 is in force.")).to_be_visible()
    assert status(desk, "Again A.") == "pending"
    page = adam.open("/policy/")
    expect(page.locator(".policy-versions")).to_contain_text("Two hundred holds too many small ones")
    expect(page.locator("#policy-changed")).to_be_visible()


@pytest.mark.covers("R44", "R91", "R146")
def test_whoever_proposed_a_category_of_replies_is_refused_its_cases_and_a_colleague_decides(
    desk: Desk, seat: Callable[[str], Seat]
) -> None:
    """A supervisor proposes that replies about one intent go out by themselves; an administrator publishes it."""
    reply = {"call_id": "call_1", "kind": "reply", "name": "reply", "args": {"text": "We open at nine."}}
    sue = seat("sue").open("/policy/")
    sue.get_by_label("Intents, separated by commas").fill("store_hours")
    sue.get_by_label("Why they need no person").fill("200 of 200 were sent unchanged")
    sue.get_by_role("button", name="Propose").click()
    page = seat("adam").open("/policy/")
    page.get_by_role("link", name="1 draft waits for a second person").click()
    page.get_by_role("link", name="Life (waits for a second person)").click()
    expect(page.locator("#changes")).to_contain_text("store_hours")
    page.get_by_text("Publish without a look").click()
    page.fill("#blind", "Nothing of the kind came in yet")
    press(page, "Publish blind")
    expect(page.get_by_text("is in force.")).to_be_visible()
    assert desk.propose("Hours H.", intent="store_hours", actions=[reply])["status"] == "decided"
    case = desk.propose("Loose L.", actions=[refund("350.00")])
    sue.goto(f"{desk.url}/cases/{case['id']}/")
    expect(sue.get_by_text("within the last 24 hours; somebody else must decide.").first).to_be_visible()
    ben = seat("ben").open(f"/cases/{case['id']}/")
    expect(ben.get_by_text("within the last 24 hours")).to_have_count(0)
    desk.withdraw(case)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_are_sound_and_work_without_javascript(
    desk: Desk, browser: "Browser", theme: "Literal['light', 'dark']", width: int
) -> None:
    plain = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = plain.new_page()
    sign_in(page, desk.url, "adam")
    page.goto(f"{desk.url}/admin/reviewqueue/policydraft/add/")
    press(page, "Begin")
    draft = page.url
    context = browser.new_context(
        storage_state=plain.storage_state(),
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        bypass_csp=True,
    )
    looked = context.new_page()
    for path in (
        f"{desk.url}/policy/",
        draft,
        draft.replace("change/", "triggers/0/"),
        draft.replace("change/", "settings/"),
    ):
        looked.goto(path)
        looked.add_script_tag(path=AXE)
        part = "document" if path.endswith("/policy/") else "'#content-main'"
        found = looked.evaluate(f"axe.run({part}, {{resultTypes: ['violations']}})")["violations"]
        assert [(path, one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert looked.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    chromium.close(plain)
    chromium.close(context)
