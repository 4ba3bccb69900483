"""The page between the desk and an address that somebody else wrote."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
OPENS = "Open in a new tab"


def leaving(visitor: Visitor, to: str) -> Page:
    return visitor.open(f"/leave/?{urlencode({'to': to})}")


def outside(page: Page) -> list[str]:
    """Where links lead that leave the desk."""
    links = [each.attributes.get("href", "") for each in page.elements if each.tag == "a"]
    return [link for link in links if not link.startswith(("/", "#"))]


def test_host_and_address_are_shown_as_text_and_nobody_is_sent_on(visit: Callable[..., Visitor]) -> None:
    page = leaving(visit(), "https://kb.example/7?a=b")
    assert page.status == 200
    assert "Location" not in page.response.headers
    assert "http-equiv" not in page.source
    assert "<b class='host'>kb.example</b>/7?a=b" in page.source


def test_an_address_without_doubt_opens_in_a_tab_that_knows_nothing_of_the_desk(visit: Callable[..., Visitor]) -> None:
    page = leaving(visit(), "https://kb.example/7?a=1&b=2")
    assert outside(page) == ["https://kb.example/7?a=1&b=2"]
    (link,) = [each for each in page.elements if each.text == OPENS]
    assert link.attributes["rel"] == "noopener noreferrer nofollow"


def test_a_doubtful_host_is_named_and_not_opened(visit: Callable[..., Visitor]) -> None:
    page = leaving(visit(), "https://p\u0430ypal.example/")
    assert page.status == 200
    assert "This host may be another than it seems" in page.source
    assert outside(page) == []


@pytest.mark.parametrize("to", ["", "javascript:alert(1)", "//evil.example", "data:text/html,<script>", "https://a b"])
def test_what_is_no_address_of_a_page_is_not_opened(visit: Callable[..., Visitor], to: str) -> None:
    page = leaving(visit(), to)
    assert page.status == 400
    assert outside(page) == []


def test_whoever_is_not_signed_in_is_sent_to_the_door() -> None:
    assert leaving(Visitor(), "https://kb.example/").response.status_code == 302
