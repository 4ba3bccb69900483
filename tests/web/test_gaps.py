"""The gaps page: ranked gaps, their cases, owner, change and effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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


@pytest.mark.covers("R96")
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
