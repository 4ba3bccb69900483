"""Signing in as people do it: app, recovery code, passkey, single sign-on, and being signed out from elsewhere."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import chromium, services
from tests.accounts import provider, second
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.journeys.conftest import PATIENCE
from tests.journeys.test_every_page import looked_at
from tests.runtime import processes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "an-invented-password"
# Longer than a busy machine takes for one page.
IDLE_SECONDS = 10
SECOND_STEP = re.compile(r"/sign-in/second-step/$")
FACTORS = re.compile(r"/account/second-factor/$")
CODES = re.compile(r"/account/second-factor/codes/$")


@dataclass
class House:
    """A desk of its own, and the provider beside it."""

    url: str
    env: dict[str, str]
    provider: Provider

    def person(self, name: str, role: str = "reviewer", *more: str) -> str:
        """Somebody who may sign in."""
        processes.managed(self.env, "make_user", name, "--role", role, *more)
        return name


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Auditors need a second factor; single sign-on is offered. Passkeys need a name, so it is localhost."""
    folder = tmp_path_factory.mktemp("house")
    with provider.running() as running:
        more = {
            "HITL_MFA_ROLES": "auditor",
            "HITL_OIDC_ISSUER": running.url,
            "HITL_OIDC_CLIENT_ID": CLIENT_ID,
            "HITL_OIDC_SECRET": CLIENT_SECRET,
            "HITL_OIDC_NAME": "Example Corp",
        }
        env = processes.environment(folder, HITL_PASSWORD=PASSWORD, **more)
        with processes.served(folder, **more) as served:
            yield House(served.url.replace("127.0.0.1", "localhost"), env, running)


Sit = Callable[[], "Page"]


@pytest.fixture
def sit(browser: "Browser") -> Iterator[Sit]:
    """New browsers; none of their pages may complain."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def _sit() -> "Page":
        context = browser.new_context(reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _note(message.type, message.text))
        return page

    def _note(kind: str, text: str) -> None:
        if kind == "error" and not re.search(r"status of (401|403|429)|WebSocket", text):
            complaints.append(text)

    yield _sit
    for context in contexts:
        chromium.close(context)
    assert complaints == []


def knock(page: "Page", url: str, name: str, *, password: str = PASSWORD) -> None:
    """Fill in the door's form."""
    page.goto(f"{url}/sign-in/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def come_in(page: "Page", url: str, name: str) -> None:
    """The password alone is enough."""
    knock(page, url, name)
    page.wait_for_url(f"{url}/")


def set_up_app(page: "Page", url: str) -> tuple[str, list[str]]:
    """Scan, type, and write down the codes."""
    page.goto(f"{url}/account/second-factor/")
    page.get_by_role("link", name="Set up an authenticator app").click()
    page.wait_for_load_state()
    secret = page.locator("#secret").inner_text()
    assert page.get_by_alt_text("The secret as a picture to scan").evaluate("image => image.naturalWidth") > 0
    page.get_by_label("Code").fill(second.code(secret))
    page.get_by_role("button", name="Set up", exact=True).click()
    page.wait_for_url(CODES)
    return secret, page.locator("#codes code").all_inner_texts()


def type_code(page: "Page", code: str) -> None:
    """The second step."""
    page.wait_for_url(SECOND_STEP)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Go on").click()


def give_passkeys(page: "Page") -> Any:
    """A device that keeps passkeys and whose owner always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def test_the_app_is_set_up_and_asked_for_and_a_recovery_code_replaces_it(house: House, sit: Sit) -> None:
    name = house.person("ana")
    page = sit()
    come_in(page, house.url, name)
    secret, codes = set_up_app(page, house.url)
    assert list(looked_at(page)) == []
    other = sit()
    knock(other, house.url, name)
    other.wait_for_url(SECOND_STEP)
    assert list(looked_at(other)) == []
    type_code(other, second.wrong(secret))
    other.get_by_text("This code or passkey does not fit").wait_for()
    type_code(other, second.code(secret))
    other.wait_for_url(f"{house.url}/")
    third = sit()
    knock(third, house.url, name)
    type_code(third, codes[0])
    third.wait_for_url(f"{house.url}/")
    assert len(codes) == 10


def test_a_passkey_opens_the_desk_without_name_and_password_and_is_removed(house: House, sit: Sit) -> None:
    name = house.person("pia")
    page = sit()
    give_passkeys(page)
    come_in(page, house.url, name)
    page.goto(f"{house.url}/account/second-factor/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(CODES)
    page.goto(f"{house.url}/account/")
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url(f"{house.url}/sign-in/")
    page.goto(f"{house.url}/sign-in/?next=/account/second-factor/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(FACTORS)
    page.get_by_text("My laptop", exact=True).first.wait_for()
    page.get_by_role("button", name="Remove My laptop").click()
    page.get_by_text("You have no passkey.").wait_for()


def test_a_passkey_is_also_a_second_step_and_confirms_changes(house: House, sit: Sit) -> None:
    name = house.person("pit")
    page = sit()
    give_passkeys(page)
    come_in(page, house.url, name)
    page.goto(f"{house.url}/account/second-factor/passkey/")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(CODES)
    page.context.clear_cookies()
    knock(page, house.url, name)
    page.wait_for_url(SECOND_STEP)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{house.url}/")
    page.goto(f"{house.url}/account/confirm/passkey/?next=/account/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{house.url}/account/")


def test_without_a_passkey_on_the_device_the_page_says_so(house: House, sit: Sit) -> None:
    page = sit()
    give_passkeys(page)
    page.goto(f"{house.url}/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    assert page.get_by_label("Password").is_visible()


def test_at_an_address_of_numbers_passkeys_are_not_offered(house: House, sit: Sit) -> None:
    page = sit()
    page.goto(f"{house.url.replace('localhost', '127.0.0.1')}/sign-in/")
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    assert page.get_by_role("button", name="Use a passkey").is_visible() is False


def test_single_sign_on_goes_to_the_provider_and_comes_back(house: House, sit: Sit) -> None:
    house.person("olga", "reviewer", "--email", "olga@shop.example")
    house.provider.says("subject-olga", "olga@shop.example")
    page = sit()
    page.goto(f"{house.url}/sign-in/?next=/account/")
    page.get_by_role("link", name="Sign in with Example Corp").click()
    page.wait_for_url(f"{house.url}/account/")
    page.get_by_role("heading", name="olga").wait_for()


def test_single_sign_on_turns_strangers_away(house: House, sit: Sit) -> None:
    house.provider.says("subject-x", "stranger@shop.example")
    page = sit()
    page.goto(f"{house.url}/sign-in/")
    page.get_by_role("link", name="Sign in with Example Corp").click()
    page.get_by_role("alert").get_by_text("This did not work.").wait_for()
    assert page.url == f"{house.url}/sign-in/"


def test_a_role_that_needs_a_second_factor_sets_one_up_before_anything_else(house: House, sit: Sit) -> None:
    name = house.person("iris", "auditor")
    page = sit()
    knock(page, house.url, name)
    page.wait_for_url(FACTORS)
    page.goto(f"{house.url}/record/")
    page.wait_for_url(FACTORS)
    page.get_by_text("Your role needs a second factor.").wait_for()
    set_up_app(page, house.url)
    page.goto(f"{house.url}/record/")
    assert page.url == f"{house.url}/record/"


def test_ending_a_session_closes_the_other_browser_by_itself(house: House, sit: Sit) -> None:
    name = house.person("kim")
    here, there = sit(), sit()
    come_in(there, house.url, name)
    there.locator("#live-state:not(.lost)").wait_for()
    come_in(here, house.url, name)
    here.goto(f"{house.url}/account/sessions/")
    here.get_by_role("button", name=re.compile("^End [A-Z]")).click()
    here.get_by_text("The session has ended.").wait_for()
    there.wait_for_url(re.compile("/sign-in/"))
    here.wait_for_load_state()
    assert here.locator("tbody tr").count() == 1


def test_too_many_tries_have_to_wait(house: House, sit: Sit) -> None:
    name = house.person("rob")
    page = sit()
    for _try in range(10):
        knock(page, house.url, name, password="wrong")
        page.get_by_text("This name and password do not fit together.").wait_for()
    knock(page, house.url, name)
    page.get_by_text("Too many tries. Wait 15 minutes and try again.").wait_for()


def test_whoever_does_nothing_is_signed_out_while_whoever_works_is_not(
    tmp_path_factory: pytest.TempPathFactory, sit: Sit
) -> None:
    folder = tmp_path_factory.mktemp("idle")
    env = processes.environment(folder, HITL_PASSWORD=PASSWORD)
    processes.managed(env, "make_user", "ida", "--role", "reviewer")
    processes.managed(env, "make_user", "wim", "--role", "reviewer")
    with processes.served(folder, HITL_IDLE_SECONDS=str(IDLE_SECONDS)) as served:
        idle, busy = sit(), sit()
        come_in(idle, served.url, "ida")
        come_in(busy, served.url, "wim")

        def out() -> bool:
            busy.goto(f"{served.url}/account/")
            return "/sign-in/" in idle.url

        services.until(out, what="whoever does nothing is at the door")
        assert busy.url == f"{served.url}/account/"
