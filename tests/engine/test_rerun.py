"""Whole columns are judged exactly as each case is judged alone."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from reviewqueue.engine import columns, rerun, triggers
from reviewqueue.engine.policy import MODES, OUTCOMES, PRIORITIES, RISKS, Policy, parse
from reviewqueue.engine.starting import starting_policy
from reviewqueue.engine.triggers import ActionVerdict, Verdict
from tests.engine import dice, given

STARTING = parse(starting_policy())
POLICIES, FACTS = 200, 520  # more than 100,000 pairs
THROWN = random.Random(20)
POOL = [dice.facts(THROWN) for _ in range(3_000)]

limits = st.sampled_from([0, 1, 3, 30, 200, "200.00", "200.01", "-5", "0.000000000000000000000001", "9e29", 0.1])
shares = st.sampled_from([0, 0.5, 0.7, "0.70", 1])
orders = st.sampled_from(["over", "at_least", "under", "at_most"])
labels = st.sampled_from(["refund", "faq", "store_hours", "Gold", "vip", "legal", "fraud", "out-of-scope", "ünïcode"])
maybe = st.fixed_dictionaries({}, optional={"if_unknown": st.sampled_from(["fire", "pass"])})
patterns = st.sampled_from([["(?i)lawyer"], ["human", "^Delete"], ["(?s)You.*Now"], ["istanbul"], ["."]])


def asked(names: list[str], **operators: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.one_of(*(st.fixed_dictionaries({name: value}) for name, value in operators.items()))
    return st.builds(
        lambda fact, operator, unknown: {"fact": fact, **operator, **unknown}, st.sampled_from(names), one, maybe
    )


def ordered(limit: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return dict.fromkeys(("over", "at_least", "under", "at_most"), limit)


days = st.sampled_from(["2020-01-01", "2019-12-31", "2026-01-01"])
mixed = st.sampled_from(["refund", 30, "0.7", True, 200.0, "gold"])
leaves = st.one_of(
    asked(["action.value", "customer.lifetime_value", "action.args.amount", "action.args.lines.0"], **ordered(limits)),
    asked(["signals.discount_percent", "signals.topics", "briefing.attempted"], **ordered(limits)),
    asked(["conversation.same_action_count", "customer.tenure_days", "customer.attributes.score"], **ordered(limits)),
    asked(["signals.confidence"], **ordered(shares)),
    asked(["conversation.sentiment"], **ordered(st.sampled_from([-0.6, 0.7, 0]))).flatmap(
        lambda leaf: st.integers(1, 3).map(lambda last: leaf | {"for_last": last})
    ),
    asked(["customer.since"], **ordered(days)),
    asked(["intent", "workflow", "customer.tier", "action.name"], **{"is": labels, "in": st.lists(labels, min_size=1)}),
    asked(["action.reversible", "conversation.asks_for_human", "action.value_understated"], **{"is": st.booleans()}),
    asked(["customer.attributes.country", "action.args.deep.word", "action.args.x"], **{"is": mixed}),
    asked(["signals.topics", "signals.risk_flags", "action.args.lines"], has_any=st.lists(labels, min_size=1)),
    asked(["text.customer", "action.name", "signals.topics", "customer.attributes.country"], matches_any=patterns),
    st.sampled_from(
        [
            {"cel": "customer.tier == 'gold' && action.value.amount > 50.0"},
            {"cel": "signals.confidence < 0.7 || intent == 'faq'"},
            {"cel": "size(signals.topics) > 2", "if_unknown": "fire"},
            {"cel": "int(customer.attributes.score) > 3"},
            {"cel": "true"},
        ]
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)
globs = st.lists(
    st.sampled_from(["refund*", "*", "?old", "faq", "store_hours", "*bot", "tool_call", "reply"]), min_size=1
)
scoped = ["agent", "intent", "workflow", "channel", "language", "team", "segment", "tier", "kind", "action"]
matches = st.dictionaries(st.sampled_from(scoped), globs, max_size=2)
risky = st.one_of(matches, st.fixed_dictionaries({"risk": st.lists(st.sampled_from(RISKS), min_size=1)}))
queues = st.sampled_from(["billing", "legal", "vip"])
starts = st.fixed_dictionaries(
    {"match": risky, "mode": st.sampled_from(MODES)}, optional={"queue": queues, "veto_seconds": st.just(0)}
).map(lambda rule: rule | {"veto_seconds": 30} if rule["mode"] == "on_the_loop" else rule)
levels = st.fixed_dictionaries({"match": matches, "level": st.sampled_from(RISKS)}, optional={"when": conditions})
rules = st.fixed_dictionaries(
    {"match": risky, "outcome": st.sampled_from(OUTCOMES)},
    optional={
        "when": conditions,
        "queue": queues,
        "priority": st.sampled_from(PRIORITIES),
        "skills": st.lists(st.sampled_from(["billing", "legal"]), max_size=2),
        "eyes": st.sampled_from([1, 2]),
    },
)
policies = st.builds(
    lambda oversight, risk_levels, found: given.policy(
        *({"name": f"rule {place}"} | rule for place, rule in enumerate(found)),
        oversight=oversight,
        risk_levels=risk_levels,
    ),
    st.lists(starts, max_size=3),
    st.lists(levels, max_size=2),
    st.lists(rules, min_size=1, max_size=5),
)


def alone(verdict: Verdict) -> Iterator[tuple[Any, ...]]:
    """What is compared of a verdict: the case, then each of its actions."""
    fired = tuple(sorted({reason.trigger for reason in verdict.reasons} - {"unjudged"}))
    every: list[Verdict | ActionVerdict] = [verdict, *verdict.actions]
    for one in every:
        yield one.mode, one.queue, one.priority, one.risk, one.eyes, one.veto_seconds
    yield verdict.skills, fired


def together(found: rerun.Verdicts, case: int, actions: list[int]) -> Iterator[tuple[Any, ...]]:
    for rows, place in [(found.cases, case), *((found.actions, action) for action in actions)]:
        mode, priority, risk = MODES[rows.mode[place]], PRIORITIES[rows.priority[place]], RISKS[rows.risk[place]]
        yield mode, found.queue(rows.queue[place]), priority, risk, int(rows.eyes[place]), int(rows.veto[place])
    yield tuple(found.skills(case)), tuple(sorted(found.names_fired(case)))


def judged(policy: Policy, facts: dict[str, Any]) -> Verdict:
    """As intake does it: a policy that cannot judge a case leaves it to a person."""
    try:
        return triggers.evaluate(policy, facts)
    except UnicodeEncodeError:
        return triggers.held(facts, says="half a character cannot be looked at")


def judged_alike(policy: Policy, facts: list[dict[str, Any]]) -> None:
    found = rerun.judge(policy, columns.Table.of(facts, rerun.columns_needed(policy)))
    first = 0
    for case, known in enumerate(facts):
        actions = list(range(first, first := first + len(known["actions"])))
        assert list(together(found, case, actions)) == list(alone(judged(policy, known))), known


@pytest.mark.covers("R33", "R101")
@settings(
    max_examples=POLICIES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@drawn(policies, st.integers(0, 2**32))
def test_columns_and_single_cases_agree_on_a_hundred_thousand_pairs(policy: Policy, seed: int) -> None:
    judged_alike(policy, random.Random(seed).sample(POOL, FACTS))


@pytest.mark.covers("R33", "R101")
def test_the_starting_policy_judges_columns_as_it_judges_single_cases() -> None:
    judged_alike(STARTING, POOL[:500])
