"""Practice cases: decided as real ones are, with a guide, and nothing of it reaches anybody."""

from collections.abc import Callable

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import habits, lessons, practice
from reviewqueue.models import Case, Decision, Event, Grant, Practice
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
# What a good reviewer does with each: what is opened, what is typed, and which button is pressed.
RIGHT: dict[str, tuple[list[str], dict[str, str], str]] = {
    "voucher": ([], {}, "Approve"),
    "half": ([], {"a0__1": "60.00", "reason_code": "wrong_amount"}, "Approve"),
    "whisper": ([], {"reason_code": "unsafe"}, "Reject"),
    "parcel": ([], {"ask_text": "Do you have the receipt?"}, "Ask"),
    "deposit": (
        ["I have read it", "Open: Deposits"],
        {"ground": "within_rules", "typed_amount": "640"},
        "Approve",
    ),
}


def press(visitor: Visitor, page: Page, key: str, button: str, **typed: str) -> Page:
    """Press a button of the practice case."""
    return visitor.press(page, button, on=f"/practice/{key}/decide", **typed)


def solve(visitor: Visitor, key: str) -> Page:
    """Answer a lesson as a good reviewer does."""
    opens, typed, button = RIGHT[key]
    page = visitor.open(f"/practice/{key}/")
    for each in opens:
        page = press(visitor, page, key, each)
    return press(visitor, page, key, button, **typed)


def test_every_lesson_has_a_right_answer_in_this_test() -> None:
    assert tuple(RIGHT) == lessons.KEYS


@pytest.mark.covers("R86")
@pytest.mark.parametrize("key", lessons.KEYS)
def test_the_right_answer_is_praised_and_reaches_nobody(visit: Visit, key: str) -> None:
    visitor = visit()
    page = solve(visitor, key)
    found = lessons.lesson(key)
    assert found is not None
    assert found.praise in page.text
    known = Practice.objects.get()
    assert (known.right, known.first_right, known.tries) == (True, True, 1)
    assert Entry.objects.get(kind="user.practised").data == {"lesson": key, "verb": known.verb, "right": True}
    assert [kind.objects.count() for kind in (Case, Decision, Grant, Event)] == [0, 0, 0, 0]


@pytest.mark.parametrize("key", lessons.KEYS)
def test_a_wrong_answer_says_what_was_overlooked_and_can_be_undone(visit: Visit, key: str) -> None:
    visitor = visit()
    page = press(visitor, visitor.open(f"/practice/{key}/"), key, "Hand back", note="so far")
    found = lessons.lesson(key)
    assert found is not None
    assert (found.advice in page.text, Practice.objects.get().right) == (True, False)
    page = visitor.press(page, "Undo", on=f"/practice/{key}/undo")
    assert page.form(f"/practice/{key}/decide").fields["note"] == "so far"
    solve(visitor, key)
    known = Practice.objects.get()
    assert (known.right, known.first_right, known.tries) == (True, False, 2)


def test_the_same_friction_holds_as_for_a_real_case(visit: Visit) -> None:
    visitor = visit()
    page = press(visitor, visitor.open("/practice/half/"), "half", "Approve")
    assert (page.status, page.says("p", id="ground-fault")) == (422, ["Say why it is right: choose a reason."])
    page = press(visitor, visitor.open("/practice/deposit/"), "deposit", "Approve", ground="within_rules")
    assert page.says("span", id="amount-fault") == ["Type the amount again to confirm it."]
    page = press(visitor, page, "deposit", "Approve", typed_amount="640.00")
    assert [line for line in page.says("li") if line.startswith("Open this")] == [
        "Open this before you approve: Conversation",
        "Open this before you approve: Deposits",
    ]
    assert not Practice.objects.exists()


def test_the_guide_points_at_one_part_after_the_other(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/practice/voucher/")
    assert [e.attributes["data-points"] for e in page.all("div", class_="panes")] == ["briefing"]
    page = visitor.open("/practice/voucher/?step=2")
    assert [e.attributes["data-points"] for e in page.all("div", class_="panes")] == ["talk"]
    for odd in ("99", "0", "-1", "x", "9" * 40):
        assert visitor.open(f"/practice/voucher/?step={odd}").status == 200


def test_a_newcomer_is_offered_it_until_they_decline(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/")
    assert "New here?" in page.text
    page = visitor.press(page, "Not now", on="/practice/skip")
    assert "New here?" not in page.text
    person = User.objects.get(pk=visitor.user.pk)
    habits.keep(person, advance=True, keys_on=True, keys={}, at=factories.now())
    assert "New here?" not in visitor.open("/").text
    assert "One key for a small thing" in visitor.open("/practice/").text


def test_whoever_decides_nothing_is_not_offered_it(visit: Visit) -> None:
    assert "New here?" not in visit("auditor").open("/").text


@pytest.mark.covers("R86")
def test_one_stops_and_goes_on_later_and_sees_at_the_end_what_was_right(visit: Visit) -> None:
    visitor = visit()
    solve(visitor, "voucher")
    assert [e.attributes["href"] for e in visitor.open("/practice/").all("a", class_="go")] == ["/practice/half/"]
    for key in lessons.KEYS[1:]:
        solve(visitor, key)
    page = visitor.open("/practice/")
    assert page.says("span", class_="ok") == ["right at once"] * len(lessons.KEYS)
    assert (practice.offered(User.objects.get(pk=visitor.user.pk)), "You have answered them all." in page.text) == (
        False,
        True,
    )
    visitor.press(page, "From the beginning", on="/practice/again")
    assert not Practice.objects.filter(answered_at__isnull=False).exists()


def test_while_somebody_types_the_same_parts_come_back_as_for_a_real_case(visit: Visit) -> None:
    visitor = visit()
    fields = visitor.open("/practice/half/").form("/practice/half/decide").fields | {"a0-1": "60.00"}
    answer = visitor.client.post("/practice/half/change", fields, headers={"HX-Request": "true"})
    assert [part.attributes["hx-target"] for part in Page(answer).all("hx-partial")][:3] == [
        "#a0-does",
        "#a0-diff",
        "#a0-claims",
    ]
    answer = visitor.client.post("/practice/deposit/evidence", {"piece": "source-0"}, headers={"HX-Request": "true"})
    assert "The whole deposit is returned" in Page(answer).text
    seen = visitor.client.get("/practice/deposit/customer", headers={"HX-Request": "true"})
    assert "Nothing more" in Page(seen).text


@pytest.mark.parametrize("path", ["/practice/nothing/", "/practice/voucher/claim", "/practice/voucher/snooze"])
def test_what_is_not_there_is_not_found(visit: Visit, path: str) -> None:
    visitor = visit()
    answer = visitor.client.get(path) if path.endswith("/") else visitor.client.post(path)
    assert answer.status_code == 404


def test_the_same_answer_sent_twice_counts_once(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/practice/voucher/")
    press(visitor, page, "voucher", "Approve")
    press(visitor, page, "voucher", "Approve")
    assert (Practice.objects.get().tries, Entry.objects.filter(kind="user.practised").count()) == (1, 1)


def test_nobody_practises_without_signing_in() -> None:
    assert Visitor().open("/practice/").status == 302
