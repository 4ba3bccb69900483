"""The page behind a customer's link: what it says, what can be asked there, and who cannot get in."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from reviewqueue.domain import claims, endings, questions, takeover
from reviewqueue.models import Case, Request
from reviewqueue.queries import links
from tests import factories
from tests.customers.conftest import Customer

pytestmark = pytest.mark.django_db
TOO_OFTEN = "There were too many requests from your address. Please try again in a minute."
RELEASED: list[dict[str, Any]] = [{"match": {}, "mode": "out_of_the_loop"}]


@pytest.fixture
def case() -> Case:
    return factories.case(language="en")


@pytest.mark.covers("R75", "R78")
def test_the_page_says_that_a_person_is_looking_and_that_the_customer_wrote_with_an_ai(case: Case) -> None:
    page = Customer(case).open()
    assert page.says("h1") == ["A person is looking at it"]
    assert "We are reviewing your case and will answer as soon as we can." in page.text
    assert "You wrote with an AI assistant." in page.text


def test_it_speaks_the_language_of_the_conversation_or_the_one_that_is_chosen(case: Case) -> None:
    german = Customer(factories.case(language="de-AT")).open()
    assert german.says("h1") == ["Ein Mensch sieht es sich an"]
    assert Customer(case).open("?lang=de").says("h1") == ["Ein Mensch sieht es sich an"]
    unsaid = Customer(factories.case())
    assert unsaid.open(accept_language="de").says("h1") == ["Ein Mensch sieht es sich an"]
    assert unsaid.open(accept_language="fr").says("h1") == ["A person is looking at it"]


def test_nobody_keeps_the_page_or_learns_its_address(case: Case) -> None:
    response = Customer(case).open().response
    names = ("Cache-Control", "Referrer-Policy", "X-Robots-Tag", "X-Frame-Options")
    assert [response.headers[name] for name in names] == ["no-store", "no-referrer", "noindex, nofollow", "DENY"]
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    assert response.cookies == {}


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "a", lambda t: "a" + t[1:], str.upper, lambda _t: "x"]
)
def test_a_forged_link_opens_nothing(case: Case, change: Any) -> None:
    customer = Customer(case)
    customer.address = f"/wait/{change(links.token(case))}"
    for page in (customer.open(), customer.send("human")):
        assert (page.status, page.says("h1")) == (404, ["This link does not lead anywhere"])
    assert Request.objects.count() == 0


def test_a_link_of_one_case_does_not_open_another(case: Case) -> None:
    other = links.token(factories.case())
    assert links.find(links.token(case)[:26] + other[26:], at=factories.now()) is None


def test_a_link_ends_some_time_after_its_case(case: Case, settings: Settings) -> None:
    settings.WAIT_LINK_DAYS = 2
    token, end = links.token(case), case.expires_at + timedelta(days=2)
    found = [links.find(token, at=at) for at in (end - timedelta(seconds=1), end)]
    assert found == [case, None]


def test_a_link_made_with_an_earlier_secret_key_still_opens(case: Case, settings: Settings) -> None:
    old = links.token(case)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    assert (links.find(old, at=factories.now()), links.token(case) == old) == (case, False)


@pytest.mark.covers("R87")
def test_what_was_decided_automatically_says_so_and_can_be_contested() -> None:
    factories.policy(oversight=RELEASED)
    customer = Customer(factories.case(actions=[factories.reply()], language="en"))
    page = customer.open()
    assert page.says("h1") == ["It was decided"]
    assert "This was decided automatically, without a person." in page.text
    assert page.says("blockquote") == ["We are sorry. We refunded 350 EUR."]
    after = customer.send("contest", text="I never wanted a voucher")
    assert "A person who did not decide it will look at it anew." in after.text
    assert Request.objects.get().made.issue == "I never wanted a voucher"
    assert "I do not agree with this" not in after.text


def test_what_a_person_decided_says_so(case: Case) -> None:
    ana = factories.person()
    claims.claim(case, reviewer=ana, at=factories.now())
    factories.decide(case, ana, {"call_id": "call_1", "type": "reject", "reason_code": "policy"})
    page = Customer(case).open()
    assert page.says("h1") == ["A person has decided"]
    assert ["It was not agreed to." in page.text, "was decided by a person" in page.text] == [True, True]


def test_every_other_end_has_words_of_its_own() -> None:
    ana, sue = factories.person(), factories.person("supervisor")
    at = factories.now()
    expired, gone, talking, asked = (factories.case(language="en") for _each in range(4))
    endings.expire(expired, at=expired.expires_at)
    endings.withdraw(gone, agent=gone.agent, reason="", at=at)
    takeover.take_over(talking, person=sue, note="", at=at)
    claims.claim(asked, reviewer=ana, at=at)
    questions.ask(asked, reviewer=ana, of="customer", text="Which card?", at=at)
    said = [Customer(each).open().says("h1")[0] for each in (expired, gone, talking, asked)]
    assert said == [
        "We did not manage to decide in time",
        "This request is no longer open",
        "A person is talking to you",
        "We have a question for you",
    ]
    takeover.give_back(talking, person=sue, note="", at=at)
    assert Customer(talking).open().says("h1") == ["A person has dealt with it"]


@pytest.mark.covers("R76")
def test_a_call_is_asked_for_in_a_form_without_script_and_cookies(case: Case) -> None:
    customer = Customer(case)
    form = customer.open("/callback")
    slot = form.all("option")[1].attributes["value"]
    page = customer.send("callback", phone="030 1234567", wanted_at=slot, text="After lunch")
    assert "We call you at the time that you chose:" in page.text
    assert Request.objects.get().made.actions[0]["args"]["phone"] == "030 1234567"


@pytest.mark.parametrize("wanted", ["2031-01-01T03:00:00+00:00", "tomorrow", "2026-11-30T10:00", "\x00", "0" * 9999])
def test_a_time_that_was_not_offered_is_refused_however_it_is_sent(case: Case, wanted: str) -> None:
    page = Customer(case).send("callback", phone="030 1234567", wanted_at=wanted)
    says = ("Nobody calls at that time. Choose one of", "Choose a time within the next two weeks.")
    assert (page.status, any(each in page.text for each in says)) == (422, True)
    assert not Request.objects.exists()


def test_what_cannot_be_is_said_beside_what_was_typed(case: Case) -> None:
    page = Customer(case).send("callback", phone="no number", text="<b>After lunch</b>")
    assert (page.status, "Please give a telephone number" in page.text) == (422, True)
    typed = [page.all("input", name="phone")[0].attributes["value"], page.all("textarea")[0].text.strip()]
    assert typed == ["no number", "<b>After lunch</b>"]
    assert Customer(case).send("nonsense").status == 404


def test_without_script_it_loads_itself_anew_until_nothing_changes_any_more(case: Case) -> None:
    waiting = Customer(case).open()
    endings.withdraw(case, agent=case.agent, reason="", at=factories.now())
    told = [bool(p.all("meta", **{"http-equiv": "refresh"})) for p in (waiting, Customer(case).open())]
    assert told == [True, False]


def test_a_program_gets_json_and_only_what_a_customer_may_know(case: Case) -> None:
    body = json.loads(Customer(case).open(accept="application/json").source)
    assert body | {"since": "", "ask": sorted(body["ask"])} == {
        "phase": "waiting",
        "message": "We are reviewing your case and will answer as soon as we can.",
        "since": "",
        "wait": None,
        "expected_at": None,
        "late": False,
        "call_offered": False,
        "fallback": None,
        "ai_involved": True,
        "fully_automatic": False,
        "decided": [],
        "asked": [],
        "ask": ["callback", "contest", "human"],
    }


def test_a_flood_from_one_address_is_told_to_wait(case: Case) -> None:
    customer = Customer(case)
    statuses = [customer.send("human").status for _each in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    late = customer.send("human", text="About my refund.")
    assert (late.says("h1"), late.status) == (["I want to talk to a person"], 429)
    assert (int(late.response.headers["Retry-After"]) > 0, late.says("p", role="alert")) == (True, [TOO_OFTEN])
    assert late.form(f"{customer.address}/human").fields["text"] == "About my refund."


def test_whoever_floods_even_that_gets_no_page_made_for_them(case: Case) -> None:
    customer = Customer(case)
    last = [customer.send("human") for _each in range(80)][-1]
    assert (last.status, last.says("h1"), last.says("p")[-1]) == (429, ["A moment, please"], TOO_OFTEN)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202eevil", "{{ 7|add:7 }}"])
def test_hostile_answers_stay_text(case: Case, text: str) -> None:
    customer = Customer(case)
    customer.send("human")
    made, ben = Request.objects.get().made, factories.person()
    claims.claim(made, reviewer=ben, at=factories.now())
    factories.decide(made, ben, {"call_id": "wish", "type": "respond", "response": text})
    page = customer.open()
    assert ("<script>alert" in page.source, "Our answer:" in page.text) == (False, True)
