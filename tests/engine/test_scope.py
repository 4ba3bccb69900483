"""Rules apply by agent, team, workflow, channel, risk level, segment and the rest."""

from typing import Any

import pytest

from tests.engine import given
from tests.engine.given import action, reply

CUSTOMER = {"tier": "gold", "attributes": {"segment": "business"}}
KNOWN = {
    "agent": "shop-bot",
    "team": "retail",
    "intent": "refund",
    "workflow": "orders",
    "channel": "chat",
    "language": "de-AT",
    "segment": "business",
    "tier": "gold",
    "kind": "tool_call",
    "action": "refund_order",
    "risk": "high",
}


def applies(match: dict[str, Any], **changes: Any) -> bool:
    """Whether a rule for `match` fires on a proposal in which everything is known, unless changed."""
    whole = {
        "agent": "shop-bot",
        "team": "retail",
        "intent": "refund",
        "workflow": "orders",
        "language": "de-AT",
        "conversation": {"id": "c", "channel": "chat"},
        "customer": CUSTOMER,
    } | changes
    policy = given.policy({"name": "r", "category": "test", "outcome": "review", "match": match})
    return bool(given.evaluate(policy, given.facts(**whole)).reasons)


@pytest.mark.covers("R32")
@pytest.mark.parametrize("key", sorted(KNOWN))
def test_each_key_of_a_match_is_compared_with_its_own_fact(key: str) -> None:
    assert applies({key: [KNOWN[key]]})
    assert applies({key: ["something", KNOWN[key]]})
    assert not applies({key: ["something"]})


@pytest.mark.covers("R32")
def test_all_keys_of_a_match_must_fit() -> None:
    assert applies({key: [value] for key, value in KNOWN.items()})
    assert not applies({**{key: [value] for key, value in KNOWN.items()}, "channel": ["email"]})


@pytest.mark.parametrize(
    ("glob", "fits"),
    [
        ("refund*", True),
        ("*_order", True),
        ("*fund*", True),
        ("re?und_order", True),
        ("refund", False),
        ("re?nd_order", False),
        ("REFUND_*", True),
        ("refund-order", True),
        ("refund.order", False),
        ("[r]efund*", False),
        ("(refund)*", False),
        ("*", True),
    ],
)
def test_globs_know_stars_and_question_marks_only(glob: str, *, fits: bool) -> None:
    assert applies({"action": [glob]}) is fits


def test_a_single_name_needs_no_list() -> None:
    assert applies({"intent": "refund"})


@pytest.mark.parametrize("absent", [None, ""])
def test_what_is_absent_is_matched_by_the_lone_star_only(absent: Any) -> None:
    assert applies({"intent": ["*"]}, intent=absent)
    assert not applies({"intent": ["**"]}, intent=absent)
    assert not applies({"intent": ["refund", "?*"]}, intent=absent)
    assert not applies({"tier": ["gold"], "segment": ["*"]}, customer=None)
    assert applies({"segment": ["*"]}, customer=None)


def test_an_empty_match_is_everywhere() -> None:
    assert applies({})


@pytest.mark.parametrize(
    ("proposed", "risk"),
    [
        (reply(), "low"),
        (reply(kind="question"), "low"),
        (reply(kind="handoff"), "medium"),
        (action(reversible=True), "medium"),
        (action(reversible=False), "high"),
        (action(reversible=None), "high"),
    ],
)
def test_without_risk_levels_talk_is_low_and_what_cannot_be_undone_high(proposed: dict[str, Any], risk: str) -> None:
    assert given.evaluate(given.policy(), given.facts(proposed)).actions[0].risk == risk


@pytest.mark.covers("R32", "R154")
def test_the_first_risk_level_that_matches_holds_and_rules_can_ask_for_it() -> None:
    levels = [
        {"match": {"kind": ["tool_call"]}, "when": {"fact": "action.value", "over": "1000.00"}, "level": "critical"},
        {"match": {"action": ["refund*"]}, "level": "low"},
    ]
    policy = given.policy(
        {"name": "critical", "category": "risk", "outcome": "review", "match": {"risk": ["critical"]}},
        risk_levels=levels,
    )
    small, large, unknown = given.worth("12.00"), given.worth("12000.00"), action(value=None)
    verdicts = [given.evaluate(policy, given.facts(one)) for one in (small, large, unknown)]
    assert [verdict.risk for verdict in verdicts] == ["low", "critical", "critical"]
    assert [verdict.mode for verdict in verdicts] == ["out_of_the_loop", "in_the_loop", "in_the_loop"]


def test_a_policy_remembers_where_its_rules_apply_and_not_too_much_of_it() -> None:
    policy = given.policy({"name": "refunds", "outcome": "review", "match": {"action": ["refund*"]}})
    for number in range(1500):
        given.evaluate(policy, given.facts(action(name=f"refund_{number}"), action(name=f"send_{number}")))
    given.evaluate(policy, given.facts(action(name="x" * 501)))
    assert len(policy.reach.known) <= 1000
    assert max(len(name) for (name,) in policy.reach.known if name) < 20
