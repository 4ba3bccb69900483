"""What holds for every policy and every proposal: stricter limits hold more, missing facts hold more."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import given as drawn
from hypothesis import strategies as st

from reviewqueue.engine.patterns import Sieve
from reviewqueue.engine.policy import MODES, parse
from reviewqueue.engine.starting import starting_policy
from reviewqueue.engine.triggers import evaluate
from tests.engine import given

STARTING = parse(starting_policy())
ORDERS = {"over": -1, "at_least": -1, "under": 1, "at_most": 1}  # the direction in which the limit gets tighter
TEXTS = ("Where is it?", "My lawyer will sue you.", "No thanks.", "Get me a human!", "Delete my account", "")
NUMBERS = (
    "0",
    "0.5",
    "0.7",
    0.7,
    0.69,
    -0.6,
    -0.61,
    "30",
    31,
    200,
    "200.00",
    "200.01",
    "1e400",
    "NaN",
    True,
    "x",
    None,
)

numbers = st.sampled_from(NUMBERS) | st.decimals(-1000, 1000, places=3).map(str)
amounts = (
    st.fixed_dictionaries({"amount": numbers, "currency": st.sampled_from(["EUR", "USD", "ISK", "eur", None])})
    | st.none()
)
word = st.sampled_from(["gold", "vip", "refund", "faq", "store_hours", "", None])
words = st.none() | st.lists(st.sampled_from(["legal", "fraud", "refund", "out_of_scope"]), max_size=4)
actions = st.fixed_dictionaries(
    {
        "call_id": st.just("call_1"),
        "kind": st.sampled_from(["tool_call", "reply", "question", "handoff"]),
        "name": st.sampled_from(["refund_order", "send_reply", "cancel_plan", "delete_account"]),
        "args": st.dictionaries(st.sampled_from(["amount", "x"]), numbers, max_size=2),
        "value": amounts,
        "reversible": st.sampled_from([True, False, None]),
    }
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["customer", "agent"]), "text": st.sampled_from(TEXTS), "sentiment": numbers}
    ),
    max_size=4,
)
proposals = st.fixed_dictionaries(
    {
        "intent": word,
        "workflow": word,
        "language": st.sampled_from(["en", "de", None]),
        "conversation": st.fixed_dictionaries({"id": st.just("c"), "channel": word, "messages": messages}),
        "customer": st.fixed_dictionaries(
            {
                "tier": word,
                "since": st.sampled_from(["2010-01-01", "2026-01-01", None]),
                "lifetime_value": amounts,
                "attributes": st.dictionaries(st.just("segment"), word, max_size=1),
            }
        ),
        "actions": st.lists(actions, min_size=1, max_size=3),
        "release": st.sampled_from(["together", "each"]),
        "signals": st.fixed_dictionaries(
            {
                "confidence": numbers,
                "sentiment": numbers,
                "discount_percent": numbers,
                "topics": words,
                "risk_flags": words,
            }
        ),
        "briefing": st.fixed_dictionaries({"missing": words, "attempted": words}),
    }
)
facts = proposals.map(lambda proposal: given.gather(proposal, agent="shop-bot", history={"now": given.NOW}))

limits = st.sampled_from(["action.value", "customer.lifetime_value", "signals.discount_percent", "signals.topics"])
comparisons = st.builds(
    lambda fact, order, limit: {"fact": fact, order: limit},
    limits,
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from([0, 1, "30", "200.00", "-5"]),
)
shares = st.builds(
    lambda order, limit: {"fact": "signals.confidence", order: limit},
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from([0, 0.5, 0.7, 1]),
)
others = st.sampled_from(
    [
        {"fact": "conversation.sentiment", "under": -0.6, "for_last": 2},
        {"fact": "intent", "is": "refund"},
        {"fact": "customer.tier", "in": ["gold", "vip"]},
        {"fact": "signals.topics", "has_any": ["legal"]},
        {"fact": "action.reversible", "is": False},
        {"fact": "text.customer", "matches_any": ["(?i)lawyer"]},
        {"fact": "action.args.amount", "over": 100},
        {"fact": "customer.since", "under": "2020-01-01"},
        {"cel": "customer.tier == 'gold' && action.value.amount > 50.0"},
        {"cel": "signals.confidence < 0.7 || intent == 'faq'"},
    ]
)
leaves = comparisons | shares | others
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda part: {"not": part}, inner)
        | st.builds(
            lambda join, parts: {join: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=6,
)
positive = st.recursive(
    comparisons | shares,
    lambda inner: st.builds(
        lambda join, parts: {join: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)


def every_leaf(when: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The single questions of a condition."""
    for join in ("all", "any"):
        for part in when.get(join, ()):
            yield from every_leaf(part)
    if "not" in when:
        yield from every_leaf(when["not"])
    if "fact" in when or "cel" in when:
        yield when


def modes(when: dict[str, Any], seen: dict[str, Any]) -> list[int]:
    """How strict the verdict on each action is under a policy with this one rule."""
    policy = given.policy(given.rule(when))
    return [MODES.index(action.mode) for action in evaluate(policy, seen).actions]


@drawn(positive, facts, st.data())
@pytest.mark.covers("R10", "R35")
def test_a_tighter_limit_never_releases_more(when: dict[str, Any], seen: dict[str, Any], data: st.DataObject) -> None:
    tighter = copy.deepcopy(when)
    leaf = data.draw(st.sampled_from(list(every_leaf(tighter))))
    (order,) = ORDERS.keys() & leaf.keys()
    limit = Decimal(str(leaf[order])) + ORDERS[order] * data.draw(st.sampled_from([Decimal("0.01"), Decimal("0.3")]))
    assume(leaf["fact"] != "signals.confidence" or 0 <= limit <= 1)
    leaf[order] = str(limit)
    assert all(after >= before for before, after in zip(modes(when, seen), modes(tighter, seen), strict=True))


PATHS = [
    ("intent",),
    ("signals", "confidence"),
    ("signals", "discount_percent"),
    ("signals", "topics"),
    ("customer", "tier"),
    ("customer", "lifetime_value"),
    ("customer", "since"),
    ("conversation", "sentiment"),
    ("text", "customer"),
]


def without(seen: dict[str, Any], path: tuple[str, ...], action_key: str | None) -> dict[str, Any]:
    """The same facts, with one of them unknown."""
    poorer = copy.deepcopy(seen)
    if action_key:
        for action in poorer["actions"]:
            action[action_key] = {} if action_key == "args" else None
        return poorer
    branch = poorer
    for step in path[:-1]:
        branch = branch[step]
    branch[path[-1]] = None
    return poorer


@drawn(conditions, facts, st.sampled_from(PATHS), st.sampled_from([None, "reversible", "args", "value"]))
def test_a_missing_fact_never_lowers_scrutiny_where_unknown_fires(
    when: dict[str, Any], seen: dict[str, Any], path: tuple[str, ...], action_key: str | None
) -> None:
    # Talk without a value moves no money: there an absent value is known to be nothing.
    assume(action_key != "value" or all(action["kind"] == "tool_call" for action in seen["actions"]))
    for leaf in every_leaf(when):
        leaf["if_unknown"] = "fire"
    poorer = without(seen, path, action_key)
    assert all(after >= before for before, after in zip(modes(when, seen), modes(when, poorer), strict=True))


@drawn(conditions, facts)
def test_a_condition_and_its_opposite_never_both_stay_silent_where_unknown_fires(
    when: dict[str, Any], seen: dict[str, Any]
) -> None:
    when = copy.deepcopy(when)
    for leaf in every_leaf(when):
        leaf["if_unknown"] = "fire"
    both = [max(pair) for pair in zip(modes(when, seen), modes({"not": when}, seen), strict=True)]
    assert both == [MODES.index("in_the_loop")] * len(seen["actions"])


@drawn(conditions, facts)
def test_every_fired_rule_gives_a_reason_in_words(when: dict[str, Any], seen: dict[str, Any]) -> None:
    found = evaluate(given.policy(given.rule(when)), seen)
    for reason in found.reasons:
        assert reason.says
        assert reason.threshold
        assert isinstance(reason.observed, str)
    assert bool(found.reasons) is any(line["fired"] for line in found.trace)


@drawn(proposals)
@pytest.mark.covers("R10", "R14")
def test_the_starting_policy_releases_nothing_but_sure_answers_to_harmless_questions(proposal: dict[str, Any]) -> None:
    seen = given.gather(proposal, agent="shop-bot", history={"now": given.NOW})
    found = evaluate(STARTING, seen)
    for action, judged in zip(seen["actions"], found.actions, strict=True):
        if judged.mode in {"out_of_the_loop", "on_the_loop"}:
            assert (seen["intent"], action["kind"] in {"reply", "question"}) in {("faq", True), ("store_hours", True)}
            assert Decimal(seen["signals"]["confidence"]) >= Decimal("0.7")


@drawn(proposals, st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=2))
@pytest.mark.covers("R46")
def test_a_pause_never_releases_anything(proposal: dict[str, Any], paused: list[str]) -> None:
    found = evaluate(STARTING, given.gather(proposal, agent="shop-bot"), paused=paused)
    assert all(MODES.index(action.mode) >= MODES.index("in_the_loop") for action in found.actions)


@drawn(proposals)
def test_more_actions_together_never_release_what_one_alone_would_not(proposal: dict[str, Any]) -> None:
    together = evaluate(STARTING, given.gather({**proposal, "release": "together"}, agent="a"))
    each = evaluate(STARTING, given.gather({**proposal, "release": "each"}, agent="a"))
    strictest = max(MODES.index(action.mode) for action in each.actions)
    assert [MODES.index(action.mode) for action in together.actions] == [strictest] * len(proposal["actions"])
    assert (together.mode, together.reasons) == (each.mode, each.reasons)


@drawn(proposals)
def test_what_a_policy_remembers_never_changes_its_verdict(proposal: dict[str, Any]) -> None:
    seen = given.gather(proposal, agent="shop-bot", history={"now": given.NOW})
    afresh = replace(STARTING)
    vars(afresh)["sieve"] = Sieve(None)
    assert evaluate(STARTING, seen) == evaluate(afresh, seen)
