"""The page on which a person chooses their keys and whether the next case comes by itself."""

from collections.abc import Callable

import pytest

from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def body(page: Page) -> dict[str, str]:
    """What the scripts of a page are told."""
    return page.all("body")[0].attributes


def test_without_a_choice_everything_is_as_usual(visit: Visit) -> None:
    page = visit().open("/habits/")
    fields = page.form("/habits/").fields
    assert (fields["advance"], fields["keys_on"], fields["key-a"]) == ("on", "on", "a")
    assert (body(page)["data-keys"], "data-keys-off" in body(page)) == ("{}", False)


def test_what_is_chosen_is_on_every_page(visit: Visit) -> None:
    visitor = visit()
    page = visitor.press(visitor.open("/habits/"), "Save", on="/habits/", key__a="q")
    assert "Saved." in page.text
    assert body(visitor.open("/"))["data-keys"] == '{"a": "q"}'


def test_keys_and_advancing_can_be_switched_off(visit: Visit) -> None:
    visitor = visit()
    visitor.client.post("/habits/", {})
    page = visitor.open("/habits/")
    assert {"advance", "keys_on"} & set(page.form("/habits/").fields) == set()
    assert "data-keys-off" in body(page)


def test_a_key_for_two_things_is_refused_and_what_was_typed_stays(visit: Visit) -> None:
    visitor = visit()
    page = visitor.press(visitor.open("/habits/"), "Save", on="/habits/", key__a="r")
    assert (page.status, page.form("/habits/").fields["key-a"]) == (422, "r")
    assert "The key “r” is chosen for two things." in page.text


def test_the_door_comes_first() -> None:
    assert Visitor().open("/habits/").response.headers["Location"] == "/sign-in/?next=/habits/"
