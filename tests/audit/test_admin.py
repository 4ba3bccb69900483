"""The ledger in Django's admin."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import ledger
from audit.models import Entry
from tests.audit import stories

pytestmark = [pytest.mark.both_databases, pytest.mark.covers("R83"), pytest.mark.django_db]

LIST = "admin:audit_entry_changelist"


@pytest.fixture
def admin_client() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="a long password"))
    return client


def page(client: Client, **query: str) -> str:
    response = client.get(reverse(LIST), query)
    assert response.status_code == 200
    return response.content.decode()


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)


def tell(subject: str, kind: str = "user.token_made", **body: str) -> Entry:
    with transaction.atomic():
        return ledger.append(subject=subject, kind=kind, actor=stories.ANA, at=stories.NOON, body=body)


def test_the_list_asks_the_database_as_often_for_one_entry_as_for_three(admin_client: Client) -> None:
    tell("user:u_1")
    page(admin_client)
    for_one = queries(admin_client)
    for subject in ("user:u_2", "user:u_3"):
        tell(subject)
    assert (queries(admin_client), page(admin_client).count("Ana Ruíz made a personal token")) == (for_one, 3)


def test_the_list_is_filtered_by_kind_and_searched_by_subject(admin_client: Client) -> None:
    for subject in ("user:u_1", "user:u_2"):
        tell(subject)
        tell(subject, "user.deactivated")
    assert page(admin_client, kind__exact="user.deactivated").count('class="field-sentence"') == 2
    assert page(admin_client, q="user:u_2").count('class="field-sentence"') == 2


def test_an_administrator_finds_no_entry_of_a_case(admin_client: Client) -> None:
    stories.approved()
    entry = Entry.objects.get(seq=2)
    assert page(admin_client).count('class="field-sentence"') == 0
    assert entry.hash not in admin_client.get(reverse("admin:audit_entry_change", args=[entry.pk])).content.decode()


def test_an_entry_can_be_read_and_nothing_else(admin_client: Client) -> None:
    entry = tell("user:u_1")
    url = reverse("admin:audit_entry_change", args=[entry.pk])
    assert entry.hash in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"kind": "case.forged"}).status_code == 403
    assert admin_client.get(reverse("admin:audit_entry_add")).status_code == 403
    assert admin_client.post(reverse("admin:audit_entry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    assert 'name="action"' not in page(admin_client)


@pytest.mark.covers("R89")
def test_what_was_erased_is_listed_without_its_text(admin_client: Client) -> None:
    stories.erase(tell("user:u_1", note="call me on 555"))
    text = page(admin_client)
    assert "User u_17 made a personal token" in text
    assert "555" not in text


def test_hostile_text_is_shown_as_text(admin_client: Client) -> None:
    tell("user:u_1", note="<script>alert(1)</script>")
    text = page(admin_client)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize("body", ["{", "[1]", "null", '{"decisions": 3}'])
def test_a_damaged_entry_does_not_break_the_list(admin_client: Client, body: str) -> None:
    entry = tell("user:u_1")
    stories.without_guards()
    Entry.objects.filter(pk=entry.pk).update(body=body, actor_type="robot")
    assert "Someone (u_17) made a personal token" in page(admin_client)
