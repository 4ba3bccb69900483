"""What every page carries: the way around, the policy for scripts, and pages for what goes wrong."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("reviewer", ["Queue", "Team", "Insight", "Policy"]),
        (
            "supervisor",
            ["Queue", "Monitor", "Team", "Insight", "Coaching", "Gaps", "Audit", "Autonomy", "Policy", "Waiting"],
        ),
        ("qa_lead", ["Queue", "QA", "Gaps", "Insight", "Coaching", "Audit", "Autonomy", "Policy"]),
        ("auditor", ["Queue", "Autonomy", "Policy", "Audit"]),
        ("admin", ["Queue", "Monitor", "Policy", "Admin", "Insight", "Autonomy", "Waiting"]),
    ],
)
def test_the_way_around_leads_where_ones_role_may_go(visit: Visit, role: str, places: list[str]) -> None:
    visitor = visit(role)
    links = [link for link in visitor.open("/account/").all("a") if link.inside[-2:-1] == ("ul#",)]
    assert [" ".join(link.text.split()) for link in links] == places
    assert [visitor.open(link.attributes["href"]).status for link in links] == [200] * len(places)


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/record/", "/insight/", "/admin/", "/nothing-here"])
def test_no_page_allows_scripts_or_styles_of_its_own_making(visit: Visit, address: str) -> None:
    page = visit("supervisor").open(address)
    policy = page.response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert ("'unsafe-inline'" in policy, "'unsafe-eval'" in policy) == (False, False)
    assert [e.tag for e in page.elements if "style" in e.attributes or e.tag == "style"] == []
    assert [e for e in page.elements if any(name.startswith("on") for name in e.attributes)] == []
    assert [e for e in page.all("script") if not e.attributes.get("src") and e.text.strip()] == []


def test_pages_with_case_text_are_not_kept_by_browsers(visit: Visit) -> None:
    visitor, case = visit(), factories.case()
    answers = [visitor.open(address).response for address in ("/", f"/cases/{case.pk}/", "/queue/lanes")]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_what_is_not_there_has_a_page_of_its_own(visit: Visit) -> None:
    page = visit().open("/nothing-here")
    assert (page.status, "There is nothing here, or nothing that you may see." in page.text) == (404, True)


def test_a_stranger_who_finds_nothing_is_shown_no_more_than_the_door() -> None:
    page = Visitor().open("/nothing-here")
    assert (page.status, "Sign in" in page.says("a"), page.says("nav")) == (404, True, [""])


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_say_which_language_they_are_in(visit: Visit, language: str) -> None:
    (html,) = visit().open("/", headers={"Accept-Language": language}).all("html")
    assert html.attributes["lang"] == language
