"""The page on which everybody chooses what they are told by e-mail."""

from __future__ import annotations

from typing import Any

import pytest

from hitl.notices.models import How, Mail, Wishes
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
FORM = {"escalation": "daily", "assignment": "never", "mention": "soon", "alarm": "hourly", "weekly": "never"}


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(factories.person("reviewer", email="ana@example.org"))


def test_everybody_has_the_usual_wishes_until_they_choose_their_own(visitor: Visitor) -> None:
    page = visitor.open("/notices/")
    assert "Letters go to ana@example.org." in page.text
    assert "This desk sends no e-mail yet" in page.text
    assert Wishes.objects.count() == 0
    assert visitor.client.post("/notices/", FORM | {"language": "de"}).status_code == 302
    wishes = Wishes.objects.get()
    assert (wishes.user, wishes.escalation, wishes.weekly, wishes.language) == (visitor.user, "daily", "never", "de")
    assert "1 letter" not in visitor.open("/notices/").text


def test_nonsense_changes_nothing(visitor: Visitor) -> None:
    assert visitor.client.post("/notices/", FORM | {"alarm": "hourly; drop"}).status_code == 422
    assert visitor.client.post("/notices/", FORM | {"weekly": How.HOURLY}).status_code == 422
    assert Wishes.objects.count() == 0


def test_the_account_leads_there_and_strangers_are_sent_to_the_door(visitor: Visitor) -> None:
    assert 'href="/notices/"' in visitor.open("/account/").source
    visitor.client.logout()
    assert visitor.client.get("/notices/").status_code == 302


def test_an_administrator_sees_letters_and_sends_one_again() -> None:
    at = factories.now()
    admin = Visitor(factories.person("admin"))
    mail = Mail.objects.create(user=admin.user, state="dead", created_at=at, begun_at=at, due_at=at, error="gone")
    assert "gone" in admin.open("/admin/notices/mail/").text
    said = {"action": "send_again", "_selected_action": [mail.pk]}
    assert admin.client.post("/admin/notices/mail/", said).status_code == 302
    mail.refresh_from_db()
    assert (mail.state, mail.error) == ("pending", "")


@pytest.mark.parametrize("letters", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_many_letters_there_were(
    visitor: Visitor, letters: int, django_assert_num_queries: Any
) -> None:
    at = factories.now()
    for _each in range(letters):
        Mail.objects.create(user=visitor.user, state="sent", created_at=at, begun_at=at, due_at=at)
    visitor.open("/notices/")
    with django_assert_num_queries(5):
        assert visitor.open("/notices/").status == 200
