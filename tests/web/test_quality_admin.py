"""Sampling rules and scorecards in the admin: checked, recorded, and never changed behind anybody's back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import sampling, scorecards
from reviewqueue.models import SamplingRules, Scorecard
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
RULES: dict[str, Any] = {
    "size": "80",
    "floor": "5",
    "strata": '["decision", "risk"]',
    "value_bands": "[50, 200]",
    "risk_weights": '{"low": 1, "medium": 2, "high": 4, "critical": 8}',
    "released_weight": "3",
    "live_share": "0.2",
    "double_share": "0.2",
    "draw_after_hours": "6",
    "targeted_most": "40",
    "low_csat": "2",
}
ADD = "/admin/reviewqueue/samplingrules/add/"


@pytest.mark.covers("R35", "R93")
def test_rules_are_recorded_and_hold_for_the_next_plan(visit: Visit) -> None:
    admin = visit("admin")
    assert admin.client.post(ADD, RULES).status_code == 302
    entry = Entry.objects.get(kind="sampling_rules.created")
    assert (entry.data["size"], entry.data["released_weight"], entry.actor.id) == (80, "3", admin.user.reference)
    plan = sampling.open_plan(at=factories.now())
    assert (plan.rules["size"], plan.rules["strata"]) == (80, ["decision", "risk"])
    assert admin.client.get(ADD).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"strata": '["moon"]'},
        {"strata": '["risk", "risk"]'},
        {"strata": '"risk"'},
        {"risk_weights": '{"low": 1}'},
        {"risk_weights": '{"low": 0, "medium": 2, "high": 4, "critical": 8}'},
        {"value_bands": "[200, 50]"},
        {"value_bands": '["a"]'},
        {"size": "1"},
        {"floor": "90"},
        {"live_share": "0.9"},
        {"double_share": "2"},
    ],
)
def test_rules_that_no_draw_could_follow_are_refused(visit: Visit, wrong: dict[str, str]) -> None:
    assert visit("admin").client.post(ADD, RULES | wrong).status_code == 200
    assert not SamplingRules.objects.exists()


def test_a_scorecard_is_published_as_the_next_version(visit: Visit) -> None:
    sampling.open_plan(at=factories.now())
    admin, address = visit("admin"), "/admin/reviewqueue/scorecard/add/"
    assert "facts: Are facts and amounts right?" in admin.open(address).text
    sent = {"title": "Ours", "questions": "speed: Was it quick? | Within a day.", "error_codes": "slow: Too slow"}
    assert admin.client.post(address, sent).status_code == 302
    card = scorecards.current()
    assert card is not None
    assert (card.items, card.codes) == (
        [{"key": "speed", "title": "Was it quick?", "help": "Within a day."}],
        [{"code": "slow", "title": "Too slow"}],
    )
    assert (card.published_by, Scorecard.objects.count()) == (admin.user, 2)
    assert admin.client.post(address, sent | {"questions": "Bad Key: ?"}).status_code == 200
    assert Scorecard.objects.count() == 2
    first = Scorecard.objects.earliest("version")
    assert admin.client.post(f"/admin/reviewqueue/scorecard/{first.version}/change/", sent).status_code == 403
    assert "Ours" not in admin.open(f"/admin/reviewqueue/scorecard/{first.version}/change/").text
