"""What was promised for a case, on its page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import claims, questions
from reviewqueue.models import Case
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def promised(visitor: Visitor, case: Case) -> str:
    """The section about it, with moments as TIME; empty where there is none."""
    (section, *_rest) = [
        *visitor.open(f"/cases/{case.pk}/").says("section", **{"aria-labelledby": "promised-title"}),
        "",
    ]
    return re.sub(r"\d+ \w+, \d\d:\d\d|\d\d:\d\d", "TIME", section)


def test_without_a_service_level_nothing_is_promised(visit: Visit) -> None:
    assert promised(visit(), factories.case()) == ""


def test_deadlines_and_what_happens_on_the_way_are_told(visit: Visit) -> None:
    heir = factories.person(first_name="Ben", last_name="Kessler")
    planned.queue("billing")
    planned.service(
        ("claim", 50, {"tell_role": "supervisor"}),
        ("decide", 80, {"offer_to": heir, "raise_to": 3}),
        ("decide", 100, {"move_to_id": "billing"}),
        ("answer", 50),
        claim_within=10 * MINUTE,
        answer_within=3 * HOUR,
    )
    visitor, case = visit(), factories.case()
    assert promised(visitor, case) == (
        "Promised Taken byTIMEDecided byTIMECustomer answered byTIME 4 levels to come "
        "50 % of the time to take the case, TIME: everybody who is Supervisor is told"
        "80 % of the time to decide, TIME: kept for Ben K. first; priority becomes urgent"
        "100 % of the time to decide, TIME: goes to Billing"
        "50 % of the time to answer the customer, TIME: a warning By the service level gold."
    )
    claims.claim(case, reviewer=visitor.user, at=factories.now())
    assert promised(visitor, case).startswith("Promised Decided byTIMECustomer answered byTIME 3 levels to come 80 %")


def test_a_deadline_that_is_over_is_late_and_one_that_stands_still_is_not(visit: Visit) -> None:
    planned.service(decide_within=10 * MINUTE)
    visitor, at = visit(), factories.now()
    case = factories.case(at=at - HOUR)
    assert promised(visitor, case) == "Promised Decided byTIME · late By the service level gold."
    case = claims.claim(factories.case(at=at - timedelta(minutes=9)), reviewer=visitor.user, at=at)
    questions.ask(case, reviewer=visitor.user, of="customer", text="Which card?", token=case.claim_token, at=at)
    assert promised(visitor, case).startswith(
        "Promised Decided byTIME The clock has stood still since TIME, while somebody is asked."
    )


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({}, "the case expires and nothing is approved."),
        ({"on_expiry": "decline"}, "every action is declined and the agent is told."),
        ({"on_expiry": "hand_over"}, "the case expires and nothing is approved."),
        ({"on_expiry": "hand_over", "heir": True}, "Ben K. takes the conversation over."),
    ],
)
def test_what_happens_when_nobody_decides_is_as_the_service_level_has_it(
    visit: Visit, service: dict[str, Any], says: str
) -> None:
    if service.pop("heir", False):
        service["hand_over_to"] = factories.person(first_name="Ben", last_name="Kessler")
    planned.service(**service)
    page = visit().open(f"/cases/{factories.case().pk}/")
    (told,) = [each for each in page.says("p", class_="sub") if each.startswith("If nobody decides by")]
    assert told.partition(", ")[2].partition(", ")[2] == says
