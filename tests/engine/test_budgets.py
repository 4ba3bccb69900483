"""The grammar of budgets, and windows that roll."""

from decimal import Decimal
from typing import Any

import pytest

from reviewqueue.engine import budgets, policy, policy_file
from tests import factories

GOOD = {"name": "refunds", "within": "day", "sum": "1000.00"}


def _parse(*rules: Any) -> policy.Policy:
    return policy.parse(factories.PLAIN_POLICY | {"budgets": list(rules)})


def test_a_policy_without_budgets_keeps_its_digest() -> None:
    assert policy.parse(factories.PLAIN_POLICY).budgets == ()
    assert "budgets" not in policy.parse(factories.PLAIN_POLICY).document


def test_a_budget_says_what_of_what_for_whom_and_since_when() -> None:
    whole = GOOD | {"match": {"action": "refund*"}, "per": ["customer"], "pause": "action", "queue": "billing"}
    (read,) = _parse(whole).budgets
    assert (read.name, read.per, read.within, read.most, read.money) == (
        "refunds",
        ("customer",),
        "day",
        Decimal("1000.00"),
        True,
    )
    assert (read.pause, read.proposed, read.trigger.queue) == ("action", False, "billing")
    assert "billing" in _parse(whole).queues_named()
    document = _parse(whole).document
    assert policy_file.load(policy_file.dump(document)) == document


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"sum": None}, "/budgets/0/sum", "must be a number"),
        ({"sum": "-1"}, "/budgets/0/sum", "must not be less than 0"),
        ({"count": 3}, "/budgets/0", "must have exactly one of sum or count"),
        ({"within": "month"}, "/budgets/0/within", "must be one of minute, hour, day or week"),
        ({"per": ["tier"]}, "/budgets/0/per/0", "must be one of agent, customer, intent, action, channel or team"),
        ({"pause": "everything"}, "/budgets/0/pause", "must be one of agent, intent or action"),
        ({"counts": "held"}, "/budgets/0/counts", "must be one of granted or proposed"),
        ({"outcome": "watch"}, "/budgets/0/outcome", "must be one of review or handoff"),
        ({"summ": "1"}, "/budgets/0/summ", "there is no such key here; did you mean sum?"),
        ({"match": {"acton": "x"}}, "/budgets/0/match/acton", "there is no such key here; did you mean action?"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(change: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(policy.PolicyError) as refused:
        _parse(GOOD | change)
    assert [(fault.path, fault.says) for fault in refused.value.faults] == [(path, says)]


def test_a_name_stands_for_one_budget() -> None:
    with pytest.raises(policy.PolicyError) as refused:
        _parse(GOOD, GOOD)
    assert str(refused.value) == "/budgets: two budgets are called refunds"


@pytest.mark.parametrize("within", list(budgets.WINDOWS))
def test_a_window_never_forgets_early_and_at_most_one_part_late(within: str) -> None:
    window = budgets.WINDOWS[within]
    part = window / budgets.PARTS
    for start in (0.0, part * 0.5, part * 0.999):
        spent = 1_700_000_000 // window * window + start
        parts = [(budgets.part_of(within, spent), "5")]
        assert budgets.used(parts, within, spent + window - 0.001) == 5
        assert budgets.used(parts, within, spent + window + part + 0.001) == 0
