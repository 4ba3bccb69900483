"""Customers, who have no account and keep no cookies."""

import pytest
from django.test import Client

from hitl.api import throttle
from reviewqueue.models import Case
from reviewqueue.queries import links
from tests.web.pages import Page


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with every call that an address may make, and gets no more however long it takes."""
    buckets = throttle.Buckets(clock=lambda: 0.0)
    monkeypatch.setattr(throttle, "buckets", lambda: buckets)


class Customer:
    """Somebody with a link, in a browser that keeps nothing."""

    def __init__(self, case: Case) -> None:
        self.address = f"/wait/{links.token(case)}"
        self.client = Client()

    def open(self, more: str = "", **headers: str) -> Page:
        """Load the page, or one below it."""
        return Page(self.client.get(f"{self.address}{more}", headers=headers))

    def send(self, kind: str, **typed: str) -> Page:
        """Send one of the forms and follow where it leads."""
        return Page(Client(enforce_csrf_checks=True).post(f"{self.address}/{kind}", typed, follow=True))
