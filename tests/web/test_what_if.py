"""The what-if pages: ask, watch, read; for administrators, and without a word that a customer wrote."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import looks, policy_drafts
from reviewqueue.engine import policy_file
from reviewqueue.models import Case, PolicyVersion, WhatIf
from reviewqueue.queries.recorded import Period
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
ADDRESS = "/policy/what-if/"
RULE = {"name": "large", "when": {"fact": "action.value", "over": "100.00"}, "outcome": "review", "queue": "billing"}
LOOSE = factories.PLAIN_POLICY | {
    "name": "Looser",
    "oversight": [{"match": {}, "mode": "out_of_the_loop"}],
    "triggers": [RULE],
}


def worth(amount: str) -> Case:
    return factories.case(actions=[factories.action(value={"amount": amount, "currency": "EUR"})])


def asked(admin: Visitor, **fields: Any) -> Any:
    return admin.client.post(ADDRESS, {"text": policy_file.dump(LOOSE), "from": "", "to": ""} | fields)


def totals(look: WhatIf) -> dict[str, int]:
    assert look.report is not None
    found: dict[str, int] = look.report["totals"]
    return found


@pytest.mark.covers("R33", "R35", "R101")
def test_an_administrator_sees_what_a_policy_would_have_changed(visit: Visit) -> None:
    worth("80.00")
    worth("350.00")
    admin = visit("admin")
    answer = asked(admin)
    look = WhatIf.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{ADDRESS}looks/{look.pk}/")
    page = admin.open(answer["Location"])
    assert "Of 2 cases a person had to look at 2; it would have been 1." in " ".join(page.text.split())
    assert "80.00 EUR at stake" in page.text
    assert f"{answer['Location']}cases?change=unchanged" in page.source
    assert "two weeks late" not in page.text


def test_the_cases_of_a_change_are_listed_with_their_rules(visit: Visit) -> None:
    small, _large = worth("80.00"), worth("350.00")
    admin = visit("admin")
    address = asked(admin)["Location"]
    page = admin.open(f"{address}cases?change=newly_released")
    assert small.pk in page.text
    assert "two weeks late" not in page.text
    assert admin.client.get(f"{address}cases?change=nonsense").status_code == 404


@pytest.mark.covers("R150")
def test_a_draft_is_held_against_what_happened(visit: Visit) -> None:
    worth("80.00")
    admin = visit("admin")
    draft = policy_drafts.begin(LOOSE, origin="a test", author=admin.user, at=factories.now())
    answer = admin.client.post(f"{ADDRESS}{draft.pk}/", {"from": "", "to": ""})
    look = WhatIf.objects.get()
    assert (answer.status_code, look.draft, totals(look)["newly_released"]) == (302, draft, 1)


def test_a_file_goes_before_the_text(visit: Visit, tmp_path: Any) -> None:
    worth("80.00")
    file = tmp_path / "policy.yaml"
    file.write_text(policy_file.dump(LOOSE | {"name": "From a file"}))
    with file.open("rb") as sent:
        asked(visit("admin"), file=sent)
    assert WhatIf.objects.get().document["name"] == "From a file"


@pytest.mark.parametrize("role", ["reviewer", "supervisor", "qa_lead", "auditor"])
def test_it_is_for_those_who_configure(visit: Visit, role: str) -> None:
    factories.policy()
    visitor = visit(role)
    look = looks.ask(LOOSE, person=factories.person("admin"), period=Period(), at=factories.now())
    addresses = [ADDRESS, f"{ADDRESS}looks/{look.pk}/", f"{ADDRESS}looks/{look.pk}/cases?change=newly_held"]
    assert [visitor.client.get(address).status_code for address in addresses] == [403] * 3
    assert asked(visitor).status_code == 403


def test_faults_are_named_by_their_paths(visit: Visit) -> None:
    factories.policy()
    answer = asked(visit("admin"), text="format: 2\nname: x\ncurrency: EUR\n")
    assert (answer.status_code, WhatIf.objects.count()) == (422, 0)
    assert "/format" in answer.content.decode()


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday"])
def test_a_day_that_does_not_exist_is_refused(visit: Visit, day: str) -> None:
    factories.policy()
    answer = asked(visit("admin"), **{"from": day})
    assert (answer.status_code, "Give a day as 2026-01-31, or none." in answer.content.decode()) == (422, True)


def test_a_period_that_ends_before_it_begins_is_refused(visit: Visit) -> None:
    factories.policy()
    answer = asked(visit("admin"), **{"from": "2026-02-20", "to": "2026-02-01"})
    assert (answer.status_code, WhatIf.objects.count()) == (422, 0)


def test_a_large_look_is_worked_on_while_its_page_says_how_far_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "AT_ONCE", 0)
    worth("80.00")
    admin = visit("admin")
    address = asked(admin)["Location"]
    assert "It is being worked out." in admin.open(address).text
    part = admin.client.get(address, headers={"HX-Request": "true"})
    assert (part.status_code, b"0 of 1 cases." in part.content, b"<html" in part.content) == (200, True, False)
    assert looks.work_on_waiting(at=factories.now()) == 1
    assert admin.client.get(address, headers={"HX-Request": "true"})["HX-Redirect"] == address
    assert "Of 1 cases a person had to look at 1" in " ".join(admin.open(address).text.split())
    assert looks.work_on_waiting(at=factories.now()) == 0


def test_nobody_works_on_a_look_that_somebody_is_at(visit: Visit) -> None:
    worth("80.00")
    at = factories.now()
    look = looks.ask(LOOSE, person=visit("admin").user, period=Period(), at=at)
    WhatIf.objects.update(worked_at=at)
    assert looks.work(look, at=at).report is None
    assert totals(looks.work(look, at=at + looks.SILENT + timedelta(seconds=1)))["cases"] == 1


def test_looks_are_kept_for_a_week(visit: Visit) -> None:
    factories.policy()
    admin, at = visit("admin").user, factories.now()
    old = looks.ask(LOOSE, person=admin, period=Period(), at=at - timedelta(days=8))
    new = looks.ask(LOOSE, person=admin, period=Period(), at=at)
    assert list(WhatIf.objects.values_list("pk", flat=True)) == [new.pk]
    assert old.pk != new.pk


def test_a_look_changes_nothing(visit: Visit) -> None:
    case = worth("80.00")
    asked(visit("admin"))
    assert (PolicyVersion.objects.count(), Case.objects.get().version) == (1, case.version)


def test_a_look_that_breaks_is_over_and_says_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_asked: Any, **_named: Any) -> Any:
        raise ArithmeticError

    look = looks.ask(factories.PLAIN_POLICY, person=visit("admin").user, period=Period(), at=factories.now())
    monkeypatch.setattr("reviewqueue.queries.what_if.report", breaks)
    look = looks.work(look, at=factories.now())
    assert (look.report, look.finished_at is not None) == (None, True)
    assert look.trouble == "It could not be finished; the log of the desk says why."
    assert str(look.pk) in caplog.text
