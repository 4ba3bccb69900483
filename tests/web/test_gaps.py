"""The gaps page: ranked gaps, their cases, owner, change and effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from hitl.customers.models import Article, ArticleVersion
from reviewqueue.domain import gaps
from reviewqueue.models import Gap
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def _override(missing: str = "Batteries have <b>two</b> years", **fields: Any) -> None:
    who = factories.person()
    ruling = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_fact", "message": "It is two years."}
    factories.decide(factories.claimed(who, **fields), who, ruling | {"knowledge_gap": missing})


def _gap() -> Gap:
    _override()
    gaps.find(at=factories.now() + timedelta(minutes=1))
    return Gap.objects.get()


@pytest.mark.covers("R95", "R96", "R97")
def test_a_qa_lead_sees_the_gaps_and_what_people_said_instead(visit: Visit) -> None:
    gap, quinn = _gap(), visit("qa_lead")
    listed = quinn.open("/gaps/")
    assert "Batteries have &lt;b&gt;two&lt;/b&gt; years" in listed.source
    page = quinn.open(f"/gaps/{gap.pk}/")
    for told in ("It is two years.", "wrong fact", "refund", "Maya R.", "the agent named none"):
        assert told in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_questions_however_many_there_are(visit: Visit, rows: int) -> None:
    words = ("batteries", "returns", "discounts")
    for word in words[:rows]:
        _override(f"{word} are unknown", intent=word)
    gaps.find(at=factories.now() + timedelta(minutes=1))
    assert Gap.objects.count() == rows
    quinn = visit("qa_lead")
    quinn.open("/gaps/")
    with CaptureQueriesContext(connection) as asked:
        assert quinn.open("/gaps/").status == 200
    assert len(asked) == 3


@pytest.mark.covers("R96", "R153")
def test_a_gap_goes_from_open_to_assigned_to_changed(visit: Visit) -> None:
    gap, quinn = _gap(), visit("qa_lead", first_name="Quinn")
    at = f"/gaps/{gap.pk}"
    assert quinn.client.post(f"{at}/assign", {"owner": "", "area": "source", "version": 1}).status_code == 422
    assert (
        quinn.client.post(f"{at}/assign", {"owner": quinn.user.pk, "area": "source", "version": 1}).status_code == 302
    )
    late = quinn.client.post(f"{at}/assign", {"owner": quinn.user.pk, "area": "prompt", "version": 1})
    assert (late.status_code, "Somebody else changed this gap first" in late.content.decode()) == (409, True)
    bad = quinn.client.post(f"{at}/change", {"change": "Typed", "change_url": "javascript:1", "version": 2})
    assert (bad.status_code, 'value="Typed"' in bad.content.decode()) == (422, True)
    quinn.client.post(f"{at}/change", {"change": "Article", "change_url": "https://kb.example.org", "version": 2})
    page = quinn.open(f"{at}/")
    assert ("Did the change help?" in page.text, "Quinn" in page.text) == (True, True)
    assert Gap.objects.get().state == "changed"


def test_a_gap_is_dismissed_with_a_reason_and_opened_again(visit: Visit) -> None:
    gap, quinn = _gap(), visit("qa_lead")
    assert quinn.client.post(f"/gaps/{gap.pk}/dismiss", {"note": "", "version": 1}).status_code == 422
    quinn.client.post(f"/gaps/{gap.pk}/dismiss", {"note": "Seldom", "version": 1})
    assert "No gap is known here." in quinn.open("/gaps/").text
    assert "Seldom" in quinn.open(f"/gaps/{gap.pk}/").text
    quinn.client.post(f"/gaps/{gap.pk}/reopen", {"version": 2})
    assert Gap.objects.get().state == "open"


@pytest.mark.covers("R96")
def test_what_a_person_wrote_becomes_a_draft_that_nobody_sees_yet(visit: Visit) -> None:
    gap, quinn = _gap(), visit("qa_lead")
    assert "It is two years." in quinn.open(f"/gaps/{gap.pk}/").source
    address = f"/gaps/{gap.pk}/article"
    said = {"title": "How long is a battery covered?", "body": "Two years.", "language": "en"}
    assert quinn.client.post(address, said | {"body": " "}).status_code == 422
    assert quinn.client.post(address, said).status_code == 302
    article = Article.objects.get()
    assert (article.state, article.title, ArticleVersion.objects.get().author) == ("draft", said["title"], quinn.user)
    assert visit("reviewer").open(f"/help/{article.slug}/").status == 404
    quinn.client.post(address, said | {"body": "Two years, if charged."})
    assert (Article.objects.get().version, Gap.objects.get().article) == (2, article.slug)
    Article.objects.update(state="published")
    assert quinn.client.post(address, said).status_code == 409


def test_whoever_neither_mends_nor_owns_sees_nothing(visit: Visit) -> None:
    gap = _gap()
    for role in ("reviewer", "admin", "auditor"):
        somebody = visit(role)
        assert somebody.open("/gaps/").status == 403
        assert somebody.open(f"/gaps/{gap.pk}/").status == 404
        assert somebody.client.post(f"/gaps/{gap.pk}/dismiss", {"note": "x", "version": 1}).status_code == 404
        assert somebody.client.post(f"/gaps/{gap.pk}/article", {"title": "x", "body": "y"}).status_code == 403
        assert somebody.client.post("/gaps/look").status_code == 403


def test_an_owner_sees_their_gap_and_says_what_they_changed(visit: Visit) -> None:
    gap, ana = _gap(), visit(queues=["legal"])
    boss = factories.person("supervisor")
    gaps.assign(gap, owner=ana.user, area="prompt", person=boss, version=1, at=factories.now())
    assert "Batteries" in ana.open("/gaps/").text
    page = ana.open(f"/gaps/{gap.pk}/")
    assert ("You may see none of its cases." in page.text, "Who sees to it" in page.text) == (True, False)
    assert ana.client.post(f"/gaps/{gap.pk}/change", {"change": "Prompt", "version": 2}).status_code == 302


def test_what_is_not_there_is_not_found(visit: Visit) -> None:
    quinn = visit("qa_lead")
    for address in ("/gaps/gap_x/", "/gaps/?state=sad", "/gaps/?order=beauty"):
        assert quinn.open(address).status == 404


@pytest.mark.covers("R96")
def test_the_weekly_report_tells_what_is_new_and_why_agents_were_corrected(visit: Visit) -> None:
    _gap()
    quinn, week = visit("qa_lead"), f"{factories.now():%G-W%V}"
    page = quinn.open(f"/gaps/report/?week={week}")
    for told in ("1 failure in this week.", "wrong fact", "Batteries", "Why agents were corrected"):
        assert told in page.text
    assert quinn.open("/gaps/report/").status == 200
    for wrong in ("soon", "2999-W01", "2026-W99"):
        assert quinn.open(f"/gaps/report/?week={wrong}").status == 404
    assert visit("admin").open("/gaps/report/").status == 403


@pytest.mark.covers("R96")
def test_gaps_leave_as_markdown_and_csv_in_which_nothing_works(visit: Visit) -> None:
    _override("=HYPERLINK(1) [x](http://evil.example) <img src=x>")
    gaps.find(at=factories.now() + timedelta(minutes=1))
    quinn = visit("qa_lead")
    told = quinn.client.post("/gaps/export", {"format": "md", "week": f"{factories.now():%G-W%V}"}).content.decode()
    assert r"\[x\]\(http://evil\.example\)" in told
    assert "<img" not in told
    sheet = quinn.client.post("/gaps/export", {"format": "csv"}).content.decode()
    assert "'=HYPERLINK(1)" in sheet
    assert Entry.objects.filter(kind="gaps.exported").count() == 2
    assert quinn.client.post("/gaps/export", {"format": "exe"}).status_code == 422
    assert visit("reviewer").client.post("/gaps/export", {"format": "csv"}).status_code == 403


@pytest.mark.covers("R95", "R96", "R45")
def test_corrections_leave_as_pairs_to_learn_from(visit: Visit) -> None:
    who = factories.person()
    ruling = {"type": "edit", "args": {"order_id": "A-1", "amount": "120.00"}, "reason_code": "wrong_amount"}
    factories.decide(factories.claimed(who), who, {"call_id": "call_1", "message": "Too much"} | ruling)
    _override()
    factories.decide(factories.claimed(who), who)
    lines = visit("supervisor").client.post("/gaps/export", {"format": "jsonl"}).content.decode().splitlines()
    rejected, edited = (json.loads(line) for line in lines)
    assert (edited["rejected"]["args"]["amount"], edited["chosen"]["args"]["amount"]) == ("350.00", "120.00")
    assert edited["prompt"]["messages"][0]["text"] == "My order A-1 came two weeks late."
    assert (rejected["chosen"], rejected["ruling"], rejected["missing"]) == (
        None,
        "reject",
        "Batteries have <b>two</b> years",
    )
