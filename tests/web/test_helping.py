"""Every field is explained where it stands, to eyes and to screen readers."""

from collections.abc import Callable

import pytest

from reviewqueue.domain import questions, takeover
from reviewqueue.models import Alarm, AlarmRule, Gap
from reviewqueue.web import helping
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
_NO_FIELD = {"hidden", "submit", "radio"}


def unexplained(page: Page) -> list[str]:
    """The fields of a page that nothing describes; chips that say all, and an action's own arguments, need it not."""
    ids = {element.attributes.get("id", "") for element in page.elements}
    fields = [each for tag in ("input", "select", "textarea") for each in page.all(tag)]
    own = [each for each in fields if each.attributes.get("type", "text") not in _NO_FIELD]
    named = [each for each in own if not each.attributes.get("name", "").startswith(("a0-0", "a0-1", "case", "key-"))]
    return [
        each.attributes.get("name", "?")
        for each in named
        if each.attributes.get("id") != "palette-input"
        # Explained in the open beside it.
        and not each.attributes.get("name", "").endswith("-response")
        and not set(each.attributes.get("aria-describedby", "").split()) & ids
    ]


def test_each_field_of_the_case_page_is_explained(visit: Visit) -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    visitor = visit("supervisor")
    case = factories.claimed(visitor.user)
    assert unexplained(visitor.open(f"/cases/{case.pk}/")) == []


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("reviewer", "/"),
        ("reviewer", "/habits/"),
        ("reviewer", "/practice/half/"),
        ("reviewer", "/account/"),
        ("reviewer", "/account/password/"),
        ("reviewer", "/account/second-factor/app/"),
        ("reviewer", "/account/second-factor/passkey/"),
        ("reviewer", "/account/confirm/"),
        ("supervisor", "/monitor/"),
        ("supervisor", "/policy/"),
        ("supervisor", "/record/"),
        ("supervisor", "/team/"),
        ("supervisor", "/waits/"),
        ("admin", "/policy/what-if/"),
    ],
)
def test_so_is_each_field_of_the_other_pages(visit: Visit, role: str, path: str) -> None:
    page = visit(role).open(path)
    assert (page.status, unexplained(page)) == (200, [])


def test_so_is_each_field_of_the_door() -> None:
    page = Visitor().open("/sign-in/")
    assert (page.says("small"), unexplained(page)) == (
        ["As an administrator wrote it when they made your account."],
        [],
    )


def test_so_are_the_letter_to_a_customer_and_the_answer_to_a_colleague(visit: Visit) -> None:
    visitor, other = visit("supervisor"), factories.person()
    taken = takeover.take_over(factories.case(), person=visitor.user, note="", at=factories.now())
    assert unexplained(visitor.open(f"/cases/{taken.pk}/")) == []
    asked = factories.claimed(other)
    questions.ask(
        asked, reviewer=other, of="colleague", text="Which card?", token=asked.claim_token, at=factories.now()
    )
    page = visitor.open(f"/cases/{asked.pk}/")
    assert (len(page.all("textarea", name="answer_text")), unexplained(page)) == (1, [])


def test_so_is_each_field_of_a_gap_and_of_an_alarm(visit: Visit) -> None:
    at = factories.now()
    gap = Gap.objects.create(title="Batteries", first_at=at, last_at=at, made_at=at)
    rule = AlarmRule.objects.create(measure="queue_age", limit=60, next_at=at)
    alarm = Alarm.objects.create(rule=rule, of="routine", data={"value": 61, "limit": 60}, raised_at=at, seen_at=at)
    for role, path in (("qa_lead", f"/gaps/{gap.pk}/"), ("supervisor", f"/alarms/{alarm.pk}/")):
        page = visit(role).open(path)
        assert (page.status, unexplained(page)) == (200, [])


def test_an_explanation_is_reached_by_keyboard_and_said_once(visit: Visit) -> None:
    page = visit().open("/habits/")
    (tip,) = page.all("span", id="help-keys-on")
    assert tip.attributes["role"] == "tooltip"
    buttons = [each for each in page.all("button", class_="help") if each.attributes["type"] == "button"]
    assert [each.attributes["aria-describedby"] for each in buttons] == ["help-advance", "help-keys-on"]


@pytest.mark.parametrize("name", helping.TEXTS)
def test_an_explanation_is_a_whole_sentence(name: str) -> None:
    text = str(helping.TEXTS[name])
    assert (text[0].isupper(), text[-1], len(text) <= 160) == (True, ".", True)
