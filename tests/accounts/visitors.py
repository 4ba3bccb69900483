"""What visitors of these tests do again and again."""

import re
from datetime import timedelta

from django.test import Client

from hitl.accounts import admission
from hitl.accounts.models import User
from reviewqueue.queries import clock
from tests.accounts import second
from tests.accounts.conftest import PASSWORD
from tests.web.pages import Page, Visitor

APP = "/account/second-factor/app/"
STEP = "/sign-in/second-step/"


def knock(
    name: str, *, password: str = PASSWORD, visitor: Visitor | None = None, where: str = "/sign-in/"
) -> tuple[Visitor, Page]:
    """Fill in the door's form; in a new browser unless one is given."""
    who = visitor or Visitor()
    return who, who.press(who.open(where), "Sign in", on="/sign-in/", username=name, password=password)


def come_in(user: User) -> Visitor:
    """Signed in with the password alone."""
    visitor, page = knock(user.username)
    assert page.response.redirect_chain[-1] != ("/sign-in/", 302)
    visitor.user = user
    return visitor


def set_up_app(visitor: Visitor) -> tuple[str, list[str]]:
    """An authenticator app for somebody who is signed in: its secret, and the recovery codes that were shown."""
    page = visitor.open(APP)
    (secret,) = page.says("code", id="secret")
    shown = send(visitor, page, code=second.code(secret))
    return secret, re.findall(r"\b\d{8}\b", " ".join(shown.says("code")))


def send(visitor: Visitor, page: Page, **typed: str) -> Page:
    """Send the form of a page that posts to itself."""
    fields = {
        e.attributes["name"]: e.attributes.get("value", "") for e in page.all("input") if e.attributes.get("name")
    }
    return Page(visitor.client.post(page.response.request["PATH_INFO"], fields | typed, follow=True))


def follow(visitor: Visitor, address: str) -> Page:
    """Open a page and go wherever it leads."""
    return Page(visitor.client.get(address, follow=True))


def signed_in(visitor: Visitor) -> bool:
    """Does the desk's first page open?"""
    return bool(visitor.open("/").status == 200)


def hears(visitor: Visitor, *, ahead: float = 0) -> bool:
    """Would the live socket let this browser in, or let it stay?"""
    cookie = f"sessionid={visitor.client.cookies['sessionid'].value}"
    return admission.by_cookie(cookie, clock.now() + timedelta(seconds=ahead)) is not None


def browser(name: str) -> Visitor:
    """A browser that says what it is."""
    visitor = Visitor()
    visitor.client = Client(headers={"User-Agent": name})
    return visitor
