"""Writing to us: answers on the way, the right queue, and what floods and programs cannot do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.text import slugify
from pytest_django import Settings

from audit.actions import SYSTEM
from hitl.customers import articles, contact
from hitl.customers.models import Article, ArticleDay, Route, Topic
from reviewqueue.domain import claims
from reviewqueue.models import Case, Queue
from tests import factories
from tests.customers.conftest import Customer
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MESSAGE = {"name": "Maya R.", "email": "maya@example.org", "text": "My bicycle arrived with a bent wheel."}


@pytest.fixture(autouse=True)
def _a_policy() -> None:
    factories.policy()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who took their time."""
    monkeypatch.setattr(contact, "_SOONEST", -1)


def article(title: str, body: str = "Text.", **fields: Any) -> Article:
    made = Article(slug=fields.pop("slug", slugify(title)), title=title, body=body, **fields)
    made.state = fields.get("state", Article.State.PUBLISHED)
    return articles.save(made, author=None, actor=SYSTEM, at=factories.now())


def send(**fields: str) -> Page:
    """Fill the form in and send it, without script and cookies."""
    form = Page(Client().get("/contact/")).form("/contact/").fields
    return Page(Client(enforce_csrf_checks=True).post("/contact/", form | MESSAGE | fields, follow=True))


def queue(name: str) -> Queue:
    return Queue.objects.get_or_create(name=name)[0]


@pytest.mark.covers("R148")
@pytest.mark.usefixtures("begun")
def test_a_message_becomes_a_case_for_a_person_and_its_writer_gets_a_page() -> None:
    page = send()
    case = Case.objects.get()
    assert (case.queue_id, case.oversight, case.customer_name) == ("contact", "human_only", "Maya R.")
    assert case.document["conversation"]["messages"][0]["text"] == MESSAGE["text"]
    assert page.says("h1") == ["A person is looking at it"]
    assert "AI assistant" not in page.text


@pytest.mark.covers("R148")
@pytest.mark.usefixtures("begun")
def test_topic_and_words_lead_straight_to_the_responsible_queue() -> None:
    orders = Topic.objects.create(name="orders", english="An order", queue=queue("billing"), priority=2)
    other = Topic.objects.create(name="other", english="Other", queue=queue("routine"))
    Route.objects.create(words="police, data leak", queue=queue("security"), priority=3)
    Route.objects.create(words="wheel", topic=other, queue=queue("workshop"))
    send(topic="orders")
    send(topic="other", email="b@example.org")
    send(topic="orders", email="c@example.org", text="There is a leak of data, a real DATA LEAK!")
    send(topic="unknown", email="d@example.org")
    got = list(Case.objects.order_by("id").values_list("queue_id", "priority"))
    assert got == [("billing", 2), ("workshop", 2), ("security", 3), ("contact", 1)]
    assert orders.english == "An order"


@pytest.mark.covers("R151")
@pytest.mark.usefixtures("begun")
def test_answers_are_suggested_before_anything_is_sent_and_once_only() -> None:
    article("What if a wheel is bent?", "Send us a photo; we send a new wheel.")
    first = send()
    assert (first.says("summary"), Case.objects.count()) == (["What if a wheel is bent?"], 0)
    assert "None of these helps: send" in first.form("/contact/").buttons
    sent = first.form("/contact/").fields
    page = Page(Client().post("/contact/", sent, follow=True))
    assert (page.says("h1"), Case.objects.count()) == (["A person is looking at it"], 1)


@pytest.mark.covers("R151")
def test_what_an_answer_prevented_is_counted() -> None:
    article("What if a wheel is bent?", slug="wheel")
    Page(Client().post("/contact/suggestions", {"text": MESSAGE["text"]}))
    Page(Client().get("/help/wheel/"))
    Page(Client().post("/help/wheel/helped"))
    day = ArticleDay.objects.get()
    assert ((day.shown, day.opened, day.helped), Case.objects.count()) == ((1, 1, 1), 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my wheel is bent", ["Bent wheels"]),
        ("WHEELS!", ["Bent wheels"]),
        ("refund of my order", ["Money back"]),
        ("how and why and what", []),
        ("a photo", []),
        ("'; DROP TABLE x; -- \" * OR NEAR(", []),
        ("", []),
        ("Rückgabe", []),
    ],
)
def test_an_answer_is_found_by_the_words_of_its_question_or_several_of_its_text(text: str, found: list[str]) -> None:
    article("Bent wheels", "Send us a photo.")
    article("Money back", "We refund every order within two weeks.", slug="money")
    article("Rückgabe", "Binnen zwei Wochen.", slug="money", language="de")
    assert [each.title for each in articles.search(text, language="en")] == found


def test_only_what_is_published_is_found_and_every_version_stays() -> None:
    made = article("Bent wheels", state=Article.State.DRAFT)
    seen = [len(articles.search("wheels", language="en"))]
    for state in (Article.State.PUBLISHED, Article.State.RETIRED):
        made.state = state
        articles.save(made, author=None, actor=SYSTEM, at=factories.now())
        seen.append(len(articles.search("wheels", language="en")))
    articles.save(made, author=None, actor=SYSTEM, at=factories.now())
    states = list(made.versions.order_by("version").values_list("version", "state"))
    assert (seen, states) == ([0, 1, 0], [(1, "draft"), (2, "published"), (3, "retired")])
    assert Page(Client().get(f"/help/{made.slug}/")).status == 404


@pytest.mark.usefixtures("begun")
def test_a_program_that_fills_in_what_people_do_not_see_is_thanked_and_forgotten() -> None:
    page = send(website="https://spam.example.org")
    assert (page.says("h1"), Case.objects.count()) == (["Thank you"], 0)


def test_who_sends_at_once_or_with_a_forged_form_is_asked_to_send_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "_SOONEST", 600)  # a busy machine takes some of the usual seconds
    for fields in ({}, {"started": "forged"}, {"started": ""}):
        page = send(**fields)
        assert (page.status, "send it again" in page.text) == (422, True)
    assert Case.objects.count() == 0


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    "fields",
    [
        {"email": "no address"},
        {"email": "a@example.org\nBcc: b@example.org"},
        {"email": ""},
        {"name": ""},
        {"name": "a" * 101},
        {"text": "short"},
        {"text": "a" * 5001},
        {"text": "\x00" * 50},
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost(fields: dict[str, str]) -> None:
    page = send(**fields)
    assert (page.status, page.all("p", class_="fault") != [], Case.objects.count()) == (422, True, 0)
    if "name" not in fields:
        assert page.form("/contact/").fields["name"] == "Maya R."


@pytest.mark.usefixtures("begun")
def test_one_person_and_all_together_are_held_back_in_a_flood(settings: Settings) -> None:
    settings.CONTACTS_PER_HOUR = 6
    at = factories.now()
    from hitl.customers import contacting  # noqa: PLC0415 - beside what it is compared with

    def write(email: str, moment: Any = at) -> Case:
        said = {"name": "M", "topic": None, "text": "Hello there", "language": "en"}
        return contacting.write(email=email, at=moment, **said)

    for _each in range(5):
        write("Maya@example.org")
    assert send().status == 429
    write("ben@example.org")
    assert send(email="cara@example.org").status == 429
    assert write("cara@example.org", at + timedelta(hours=2)).queue_id == "contact"


@pytest.mark.covers("R151")
@pytest.mark.usefixtures("begun")
def test_whoever_thinks_while_they_type_can_still_send() -> None:
    article("What if a wheel is bent?", "Send us a photo; we send a new wheel.")
    known: list[str] = []
    for words in range(1, 30):
        text = " ".join(["My bicycle arrived with a bent wheel"] + ["and"] * words)
        page = Page(Client().post("/contact/suggestions", {"text": text, "shown": known}))
        assert (page.status, page.says("summary")) == (200, ["What if a wheel is bent?"])
        known = [field.attributes["value"] for field in page.all("input", name="shown")]
    # One message, however long somebody wrote it.
    assert ArticleDay.objects.get().shown == 1
    assert send(seen="1").says("h1") == ["A person is looking at it"]


def test_too_many_looks_suggest_nothing_and_put_no_page_into_the_page() -> None:
    article("What if a wheel is bent?")
    asked = [Page(Client().post("/contact/suggestions", {"text": "My wheel is bent"})) for _each in range(61)]
    assert (asked[59].status, asked[60].status) == (200, 429)
    assert (asked[60].says("summary"), asked[60].all("html"), asked[60].all("div", id="suggestions") != []) == (
        [],
        [],
        True,
    )


@pytest.mark.usefixtures("begun")
def test_nothing_is_lost_of_a_message_that_an_address_sends_too_soon() -> None:
    sent = [send(email=f"m{number}@example.org") for number in range(7)]
    assert [page.status for page in sent] == [200] * 6 + [429]
    fields = sent[-1].form("/contact/").fields
    assert (fields["name"], fields["email"], fields["text"]) == ("Maya R.", "m6@example.org", MESSAGE["text"])
    assert "There were too many requests from your address." in sent[-1].text


@pytest.mark.usefixtures("begun")
def test_the_time_since_which_a_form_is_open_comes_back_with_it() -> None:
    form = Page(Client().get("/contact/")).form("/contact/").fields
    page = Page(Client().post("/contact/", form | MESSAGE | {"text": "short"}))
    assert (page.status, page.form("/contact/").fields["started"]) == (422, form["started"])


@pytest.mark.usefixtures("begun")
def test_the_answer_appears_on_the_writers_page() -> None:
    send()
    case, ana = Case.objects.get(), factories.person()
    claims.claim(case, reviewer=ana, at=factories.now())
    factories.decide(case, ana, {"call_id": "wish", "type": "respond", "response": "A new wheel is on its way."})
    page = Customer(case).open("?lang=de")
    assert (page.says("h1"), page.says("blockquote")) == (
        ["Ein Mensch hat entschieden"],
        ["A new wheel is on its way."],
    )


@pytest.mark.usefixtures("begun")
def test_hostile_words_stay_words() -> None:
    send(text="<img src=x onerror=alert(1)> and more", name="<b>M</b>\r\nBcc: x@example.org")
    case = Case.objects.get()
    assert case.customer_name == "<b>M</b> Bcc: x@example.org"
    page = Visitor(factories.person()).open(f"/cases/{case.pk}/")
    assert (page.status, "<img src=x" in page.source, "wrote by the contact form" in page.text) == (200, False, True)


def test_every_page_for_customers_is_there_in_both_languages() -> None:
    article("Bent wheels")
    article("Krumme Räder", slug="bent-wheels", language="de")
    said = [
        Page(Client().get(f"{path}?lang={lang}")).says("h1")[0]
        for path in ("/contact/", "/help/", "/help/bent-wheels/")
        for lang in ("en", "de")
    ]
    assert said == ["Write to us", "Schreiben Sie uns", "Answers", "Antworten", "Bent wheels", "Krumme Räder"]
    assert Page(Client().get("/help/?q=wheels")).says("li") == ["Bent wheels"]


@pytest.mark.parametrize("name", ["article", "article/add", "topic", "topic/add", "route", "route/add"])
def test_administrators_keep_answers_and_routes_and_nobody_else(name: str) -> None:
    address = f"/admin/customers/{name}/"
    assert Visitor(factories.person("admin")).open(address).status == 200
    assert Visitor(factories.person("reviewer")).open(address).status == 302


def test_an_answer_is_saved_in_the_admin_with_its_author() -> None:
    admin = Visitor(factories.person("admin"))
    held = {"slug": "wheel", "language": "en", "title": "Bent wheels", "body": "Photo.", "state": "published"}
    counts = {f"versions-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    admin.client.post("/admin/customers/article/add/", held | counts)
    version = Article.objects.get().versions.get()
    assert (version.version, version.author) == (1, admin.user)
    assert [each.title for each in articles.search("wheels", language="en")] == ["Bent wheels"]
