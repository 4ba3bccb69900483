"""Administrators say how an action reads; reviewers read that."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import phrasing
from reviewqueue.models import Wording
from reviewqueue.refusal import Refusal
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
ADD = "/admin/reviewqueue/wording/add/"
EXAMPLE = {"args": {"order_id": "X-9"}, "value": {"amount": "10.00", "currency": "EUR"}, "customer": {"name": "Eve"}}
FORM: dict[str, Any] = {
    "kind": "tool_call",
    "name": "refund_order",
    "english": "Pays {value} back to {customer.name} for {args.order_id}.",
    "german": "Zahlt {customer.name} {value} für {args.order_id} zurück.",
    "english_effect": "The money leaves at once.",
    "german_effect": "",
    "example": json.dumps(EXAMPLE),
}


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    """An administrator."""
    return visit("admin", first_name="Adam", last_name="Frei")


def write(admin: Visitor, address: str = ADD, **changes: Any) -> Page:
    """Save the form of a wording."""
    return Page(admin.client.post(address, FORM | changes, follow=True))


def headline(visit: Visit, **action: Any) -> list[str]:
    """How a reviewer reads the action."""
    case = factories.case(actions=[factories.action(**action)])
    return visit().open(f"/cases/{case.pk}/").says("strong", class_="headline")


@pytest.mark.covers("R58")
def test_reviewers_read_what_an_administrator_wrote(admin: Visitor, visit: Visit) -> None:
    write(admin)
    assert headline(visit) == ["Pays 350.00 EUR back to Maya R. for A-1."]


def test_they_read_it_in_their_language(admin: Visitor, visit: Visit) -> None:
    write(admin)
    case = factories.case()
    with translation.override("de"):
        page = visit().open(f"/cases/{case.pk}/", headers={"Accept-Language": "de"})
    assert page.says("strong", class_="headline") == ["Zahlt Maya R. 350,00 EUR für A-1 zurück."]


def test_what_is_true_or_false_is_told_in_their_language(admin: Visitor, visit: Visit) -> None:
    write(
        admin,
        english="At once: {args.at_once}.",
        german="Sofort: {args.at_once}.",
        example='{"args": {"at_once": true}}',
    )
    case = factories.case(actions=[factories.action(args={"at_once": False}, args_schema={})])
    with translation.override("de"):
        page = visit().open(f"/cases/{case.pk}/", headers={"Accept-Language": "de"})
    assert page.says("strong", class_="headline") == ["Sofort: nein."]


def test_an_action_without_a_value_for_a_placeholder_reads_as_an_unknown_one(admin: Visitor, visit: Visit) -> None:
    write(admin)
    assert headline(visit, args={"amount": "350.00"}) == ["Refund order: 350.00 EUR"]


def test_what_follows_stands_below(admin: Visitor, visit: Visit) -> None:
    write(admin)
    case = factories.case()
    assert "The money leaves at once." in visit().open(f"/cases/{case.pk}/").says("p", class_="sub")


def test_hostile_arguments_stay_text(admin: Visitor, visit: Visit) -> None:
    write(admin, english="For {args.order_id}")
    assert headline(visit, args={"order_id": "<b>x</b>\u202e"}) == ["For <b>x</b>U+202E"]


def test_the_example_shows_how_it_reads(admin: Visitor) -> None:
    write(admin)
    page = admin.open(f"/admin/reviewqueue/wording/{Wording.objects.get().pk}/change/")
    assert page.says("div", class_="field-preview")[0].endswith(
        "Pays 10.00 EUR back to Eve for X-9.Zahlt Eve 10.00 EUR für X-9 zurück.The money leaves at once."
    )


def looked(admin: Visitor, address: str = ADD, language: str = "en", **changes: Any) -> Page:
    """Press “Preview” on the form."""
    with translation.override(language):
        form = FORM | changes | {"_preview": "1"}
        return Page(admin.client.post(address, form, headers={"Accept-Language": language}, follow=True))


def test_what_is_typed_shows_how_it_reads_without_being_saved(admin: Visitor) -> None:
    page = looked(admin, english="Pays {value} back at once.")
    assert page.says("div", id="reads") == [
        "Pays 10.00 EUR back at once.Zahlt Eve 10.00 EUR für X-9 zurück.The money leaves at once."
    ]
    assert "Pays {value} back at once." in page.says("textarea", id="id_english")[0]
    assert (Wording.objects.count(), Entry.objects.filter(subject__startswith="wording:").count()) == (0, 0)


def test_a_look_at_a_change_leaves_what_is_stored(admin: Visitor) -> None:
    write(admin)
    kept = Wording.objects.get()
    page = looked(admin, f"/admin/reviewqueue/wording/{kept.pk}/change/", english="Now {value}.")
    assert page.says("div", id="reads")[0].startswith("Now 10.00 EUR.")
    assert (Wording.objects.get().english, Wording.objects.get().version) == (FORM["english"], 1)


def test_a_look_shows_what_can_be_shown_and_says_what_cannot(admin: Visitor) -> None:
    page = looked(admin, english="Pays {args.sum}.", english_effect="", german_effect="")
    assert page.says("div", id="reads") == ["Zahlt Eve 10.00 EUR für X-9 zurück."]
    assert "The example has no args.sum." in page.text
    page = looked(admin, english="{", german="", english_effect="")
    assert page.says("div", id="reads") == ["No sentence can be shown yet."]
    assert looked(admin, example="[1]").says("div", id="reads") == ["The example must be right first."]


def test_hostile_text_of_the_example_stays_text_in_a_look(admin: Visitor) -> None:
    page = looked(admin, english="For {args.x}", german="", english_effect="", example='{"args": {"x": "<b>y</b>"}}')
    assert page.says("div", id="reads") == ["For <b>y</b>"]


def test_the_empty_form_says_how_to_see_it(admin: Visitor) -> None:
    page = admin.open(ADD)
    assert page.says("div", id="reads") == ["Press “Preview” to see it; nothing is saved by that."]
    assert [each.attributes["value"] for each in page.all("input", name="_preview")] == ["Preview"]


def test_only_who_writes_them_can_look(visit: Visit) -> None:
    assert looked(visit()).status == 403


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{wert}", "{wert}: wert gibt es nicht; bekannt sind args, customer und value"),
        ("{value|uper}", "{value|uper}: den Filter uper gibt es nicht; meinten Sie upper?"),
        ("{args}", "{args} ist nicht ein einzelner Wert; schreiben Sie zum Beispiel {args.name}."),
        ("{}", "{} benennt nichts; schreiben Sie zum Beispiel {args.amount}."),
        ("auf {", "Der Klammer an Stelle 5 fehlt das Gegenstück; doppelt geschrieben wird sie gezeigt."),
    ],
)
def test_faults_are_explained_in_the_language_of_who_writes(admin: Visitor, text: str, fault: str) -> None:
    assert fault in looked(admin, language="de", german=text).text


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("english", "Pays {args.sum}", "The example has no args.sum."),
        ("german", "{value|euro}", "{value|euro}: there is no filter euro"),
        ("english_effect", "open {", "The brace at character 6 has no partner"),
        ("example", "[1]", "The example is an object with args, value and customer."),
    ],
)
def test_a_sentence_that_could_not_be_shown_is_refused(admin: Visitor, field: str, text: str, fault: str) -> None:
    page = write(admin, **{field: text})
    assert (fault in page.text, Wording.objects.count()) == (True, 0)


def test_every_version_is_recorded(admin: Visitor) -> None:
    write(admin)
    address = f"/admin/reviewqueue/wording/{Wording.objects.get().pk}/"
    write(admin, f"{address}change/", english="Pays {value}.")
    write(admin, f"{address}change/", english="Pays {value}.")
    admin.client.post(f"{address}delete/", {"post": "yes"})
    told = [
        (e.kind, e.data["version"], e.data.get("english"))
        for e in Entry.objects.filter(subject__startswith="wording:").order_by("seq")
    ]
    assert told == [
        ("wording.created", 1, FORM["english"]),
        ("wording.changed", 2, "Pays {value}."),
        ("wording.removed", 2, None),
    ]


def test_reviewers_do_not_write_them(visit: Visit) -> None:
    page = write(visit())
    assert (page.status, Wording.objects.count()) == (403, 0)


def test_one_wording_can_speak_for_a_whole_kind(admin: Visitor, visit: Visit) -> None:
    write(admin, name="", english="Does something worth {value}", german="")
    assert headline(visit, name="anything") == ["Does something worth 350.00 EUR"]


def test_a_wording_that_does_not_fit_is_refused_by_field_whoever_saves_it() -> None:
    unfit = Wording(kind="tool_call", name="x", english="Pays {nothing}", german="", example={"args": {}})
    with pytest.raises(Refusal) as refused:
        phrasing.save(unfit, actor=SYSTEM, at=factories.now())
    assert [fault["pointer"] for fault in refused.value.errors] == ["/english"]
    assert not Wording.objects.exists()
