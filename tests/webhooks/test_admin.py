"""Administrators set endpoints up, make secrets that are shown once, and send again what was given up."""

import pytest
from django.contrib.admin import site as admin_site
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from pytest_django import Settings

from audit.models import Entry
from hitl.webhooks import dispatch
from hitl.webhooks.admin import EndpointAdmin
from hitl.webhooks.answers import Answer
from hitl.webhooks.models import Endpoint
from reviewqueue.domain import endings
from tests import factories
from tests.web.pages import Page, Visitor
from tests.webhooks.conftest import Make

pytestmark = pytest.mark.django_db
PLACES = [f"/admin/webhooks/{name}/" for name in ("endpoint", "endpoint/add", "secret", "delivery")]


@pytest.fixture
def admin() -> Visitor:
    return Visitor(factories.person("admin", first_name="Adam", last_name="Frei"))


def post(visitor: Visitor, address: str, **fields: object) -> Page:
    return Page(visitor.client.post(address, fields, follow=True))


@pytest.mark.parametrize("address", PLACES)
def test_every_page_opens_for_an_administrator_and_for_nobody_else(admin: Visitor, address: str) -> None:
    assert admin.open(address).status == 200
    assert [Visitor(factories.person(role)).open(address).status for role in ("reviewer", "supervisor")] == [302, 302]


def test_whoever_may_not_change_an_endpoint_gets_no_secret_of_it(rf: RequestFactory) -> None:
    request = rf.post("/admin/webhooks/endpoint/1/make-secret/")
    request.user = factories.person()
    with pytest.raises(PermissionDenied):
        EndpointAdmin(Endpoint, admin_site).make_secret(request, 1)


def test_an_endpoint_is_set_up_and_its_secret_shown_once(admin: Visitor, settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    agent = factories.agent()
    fields = {"agent": agent.pk, "name": "we_orders", "url": "http://127.0.0.1:9/hook", "every": "on", "active": "on"}
    post(admin, "/admin/webhooks/endpoint/add/", **fields)
    endpoint = Endpoint.objects.get()
    shown = post(admin, f"/admin/webhooks/endpoint/{endpoint.pk}/make-secret/")
    (secret,) = shown.says("code", id="secret")
    again = admin.open(f"/admin/webhooks/endpoint/{endpoint.pk}/change/")
    assert (secret.startswith("whsec_"), secret in again.source) == (True, False)
    kinds = list(Entry.objects.filter(subject=f"agent:{agent.name}").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["agent.webhook_saved", "agent.webhook_secret_made"]


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://169.254.169.254/latest", "https://user@x.example.org/"])
def test_an_address_to_which_nothing_would_be_sent_is_refused_beside_its_field(admin: Visitor, url: str) -> None:
    fields = {"agent": factories.agent().pk, "name": "we_orders", "url": url, "active": "on"}
    page = post(admin, "/admin/webhooks/endpoint/add/", **fields)
    assert (len(page.all("ul", class_="errorlist")), Endpoint.objects.count()) == (1, 0)


def test_what_was_given_up_is_sent_again_and_recorded(admin: Visitor, endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    case = factories.case(by=made.agent)
    endings.expire(case, at=case.expires_at)
    dispatch.gather(at=factories.now())
    delivery = made.deliveries.get()
    dispatch.noted(delivery, Answer(status=500), at=delivery.begun_at + dispatch.LASTS)
    page = post(admin, "/admin/webhooks/delivery/", action="replay", _selected_action=[delivery.pk])
    assert "1 message is sent again." in page.text
    delivery.refresh_from_db()
    assert (delivery.state, Entry.objects.filter(kind="agent.webhook_replayed").count()) == ("pending", 1)


def test_a_third_secret_is_refused_and_one_that_is_retired_makes_room(admin: Visitor, endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    address = f"/admin/webhooks/endpoint/{made.pk}/make-secret/"
    assert admin.open(address).says("code", id="secret") == []
    assert len(post(admin, address).says("code", id="secret")) == 1
    assert (post(admin, address).says("code", id="secret"), made.secrets.count()) == ([], 2)
    oldest = made.secrets.earliest("pk")
    page = post(admin, "/admin/webhooks/secret/", action="retire", _selected_action=[oldest.pk])
    assert "1 secret is retired." in page.text
    assert len(post(admin, address).says("code", id="secret")) == 1


def test_only_who_sets_up_endpoints_makes_secrets(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    staff = factories.person("auditor", is_staff=True)
    answer = Visitor(staff).client.post(f"/admin/webhooks/endpoint/{made.pk}/make-secret/")
    assert (answer.status_code in {302, 403}, made.secrets.count()) == (True, 1)
