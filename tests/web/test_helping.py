"""Every field is explained where it stands, to eyes and to screen readers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reviewqueue.domain import questions, takeover
from reviewqueue.models import Alarm, AlarmRule, Gap
from reviewqueue.web import helping
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
_NO_FIELD = {"hidden", "submit", "radio"}
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_FIELD = re.compile(r"<(?:input|select|textarea)\b(?:\{%.*?%\}|\{\{.*?\}\}|[^>])*>", re.DOTALL)
# Not filled by anybody, told by its own label alone (one tick beside each case), or named by the agent with its help.
_ASIDE = re.compile(
    r'type="(?:hidden|submit|search)"|id="palette-input"|\breadonly\b|name="website"|name="case" value|name="\{\{ field'
)


def unexplained(page: Page) -> list[str]:
    """The fields of a page that nothing describes; chips that say all, and an action's own arguments, need it not."""
    ids = {element.attributes.get("id", "") for element in page.elements}
    fields = [each for tag in ("input", "select", "textarea") for each in page.all(tag)]
    own = [each for each in fields if each.attributes.get("type", "text") not in _NO_FIELD]
    named = [each for each in own if not each.attributes.get("name", "").startswith(("a0-0", "a0-1", "case"))]
    return [
        each.attributes.get("name", "?")
        for each in named
        if each.attributes.get("id") != "palette-input"
        and not set(each.attributes.get("aria-describedby", "").split()) & ids
    ]


def fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields of a template that somebody fills, each with the group around it (as it opens)."""
    for field in _FIELD.finditer(text):
        before = text[: field.start()]
        group = before.rfind("<fieldset")
        if not _ASIDE.search(field.group()):
            within = group > before.rfind("</fieldset>")
            yield field.group(), text[group : text.index(">", group)] if within else ""


def described(tag: str) -> list[str]:
    """The ids that describe a field or a group, each up to what only a page knows."""
    return [
        re.split(r"-?\{[{%]", each)[0]
        for value in re.findall(r'aria-describedby="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"', tag)
        for each in re.findall(r"help-[\w-]*[^\s\"]*", value)
    ]


def explanations(texts: list[str]) -> set[str]:
    """Every id that an explanation has in some template."""
    known = {each for text in texts for each in re.findall(r'id="(help-[\w-]+)', text)}
    return known | {f"help-{each}" for text in texts for each in re.findall(r'\{% helped "([\w-]+)"', text)}


def test_no_template_has_a_field_that_nothing_explains() -> None:
    texts = {path: path.read_text() for path in sorted(TEMPLATES.rglob("*.html"))}
    known = explanations(list(texts.values()))
    found = [
        f"{path.relative_to(TEMPLATES)}: {field}"
        for path, text in texts.items()
        for field, group in fields(text)
        if not any(each.startswith(stem) for stem in described(field) or described(group) or ["?"] for each in known)
    ]
    assert found == []


def test_each_explanation_is_shown_somewhere() -> None:
    text = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert [name for name in helping.TEXTS if f'ed "{name}"' not in text] == []


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
        ("qa_lead", "/gaps/"),
        ("qa_lead", "/insight/"),
        ("qa_lead", "/insight/override_rate/"),
        ("qa_lead", "/qa/results/"),
        ("qa_lead", "/qa/plan/"),
        ("admin", "/ladder/"),
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
