"""Saved views: kept by name, shared by link, seen with one's own rights."""

from collections.abc import Callable

import pytest

from reviewqueue.models import SavedView
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def saved(visitor: Visitor, name: str, address: str = "/?lane=routine&priority=high&q=maya") -> Page:
    return visitor.press(visitor.open(address), "Save view", on="/queue/views", name=name)


def test_a_view_is_saved_with_all_its_filters_and_stands_in_the_navigation(visit: Visit) -> None:
    factories.policy()
    page = saved(visit(), "Late refunds")
    assert page.says("li", class_="success") == [
        "Saved as “Late refunds”. Whoever has its link sees through it what they may see."
    ]
    link = next(link for link in page.all("a") if link.text == "Late refunds")
    assert link.attributes == {"href": "/?lane=routine&q=maya&priority=high", "aria-current": "true"}
    assert SavedView.objects.get().query == "lane=routine&q=maya&priority=high"


def test_only_what_the_desk_knows_is_kept_of_an_address(visit: Visit) -> None:
    factories.policy()
    visitor = visit()
    fields = {"name": "x", "priority": "silly", "next": "https://evil.example", "lane": "billing"}
    visitor.client.post("/queue/views", fields)
    assert SavedView.objects.get().query == "lane=billing"


@pytest.mark.covers("R91")
def test_whoever_opens_the_link_of_a_colleague_sees_what_they_may_see(visit: Visit) -> None:
    case = factories.case()
    saved(visit(), "Maya", address="/?q=maya")
    link = f"/views/{SavedView.objects.get().pk}/"
    found = {}
    for name, visitor in {"colleague": visit(), "lawyer": visit(queues=["legal"]), "admin": visit("admin")}.items():
        answer = visitor.client.get(link)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/?q=maya")
        found[name] = case.pk in visitor.open(link).source or case.pk in visitor.open("/?q=maya").source
    assert found == {"colleague": True, "lawyer": False, "admin": False}


def test_a_link_to_no_view_leads_nowhere_and_a_stranger_to_the_door(visit: Visit) -> None:
    assert visit().open("/views/view_none/").status == 404
    assert Visitor().client.get("/views/view_none/").headers["Location"].startswith("/sign-in/")


def test_ones_own_view_can_be_deleted_and_a_colleagues_cannot(visit: Visit) -> None:
    factories.policy()
    visitor = visit()
    saved(visitor, "Mine")
    view = SavedView.objects.get()
    assert visit().client.post(f"/views/{view.pk}/delete").status_code == 404
    page = visitor.press(visitor.open(f"/?{view.query}"), "Delete view", on=f"/views/{view.pk}/delete")
    assert page.says("li", class_="success") == ["The view is deleted; nothing else is."]
    assert SavedView.objects.count() == 0


def test_a_view_without_a_name_is_refused_with_a_sentence(visit: Visit) -> None:
    factories.policy()
    page = saved(visit(), "   ")
    assert (page.status, "Give the view a name of at most 60 characters." in page.text) == (422, True)


def test_a_hostile_name_is_text(visit: Visit) -> None:
    factories.policy()
    page = saved(visit(), "<script>alert(1)</script>")
    assert page.all("script", src="") == []
    assert "<script>alert(1)</script>" in page.says("a")
