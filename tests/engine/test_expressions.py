"""Expert conditions in CEL: declared facts, unknown facts, and nothing that runs long or wide."""

import time
from typing import Any

import pytest

from reviewqueue.engine.expressions import MAX_INPUT, ExpressionError, compiled
from tests.engine import given
from tests.engine.given import action, fires, reason, reply, said, worth

GOLD = {"cel": "customer.tier == 'gold' && action.value.amount > 50.0"}


def test_an_expression_joins_facts() -> None:
    assert fires(GOLD, worth("50.01"), customer={"tier": "gold"})
    assert not fires(GOLD, worth("50.00"), customer={"tier": "gold"})
    assert not fires(GOLD, worth("50.01"), customer={"tier": "silver"})


def test_amounts_are_in_the_policys_currency() -> None:
    assert not fires(GOLD, worth("54.00", "USD"), customer={"tier": "gold"})
    assert fires(GOLD, worth("55.00", "USD"), customer={"tier": "gold"})


def test_the_reason_shows_the_expression_and_what_it_saw() -> None:
    found = reason(GOLD, worth("60.00"), customer={"tier": "gold"})
    assert found.says == f"the condition {GOLD['cel']} holds"
    assert (found.observed, found.threshold) == ("customer.tier=gold, action.value=60.0", GOLD["cel"])


@pytest.mark.parametrize(
    ("cel", "fired"),
    [
        ("customer.tier == 'gold' && action.value.amount > 50.0", False),  # the tier is missing, no money
        ("customer.tier == 'gold' && action.value.amount > 500.0", False),  # decided by the amount
        ("customer.tier == 'gold' || action.value.amount > 50.0", True),
        ("customer.tier == 'gold' || action.value.amount > 500.0", False),
        ("!(customer.tier == 'gold') && action.value.amount > 50.0", False),
        ("customer.tier == 'gold' && customer.lifetime_value.amount > 50.0", True),  # money is missing too
        ("customer.tier == 'gold'", False),  # neither money nor confidence
        ("has(customer.tier) && customer.tier == 'gold' && action.value.amount > 50.0", False),
        ("signals.topics.exists(t, t == 'legal')", False),
        ("size(signals.topics) > 2", False),
        ("intent == 'refund'", False),
        ("signals.discount_percent > 30.0 && signals.confidence < 0.7", False),
        ("signals.discount_percent > 30.0 || signals.confidence < 0.99", True),
    ],
)
def test_an_unknown_fact_leaves_the_answer_to_the_other_side_or_open(cel: str, *, fired: bool) -> None:
    assert fires({"cel": cel}) is fired


@pytest.mark.parametrize("tier", [{}, {"tier": "gold"}, {"tier": "silver"}])
@pytest.mark.parametrize("value", ["40.00", "60.00"])
@pytest.mark.covers("R29", "R32")
def test_an_expression_and_the_same_in_operators_take_a_missing_word_alike(tier: dict[str, str], value: str) -> None:
    joined = {"all": [{"fact": "customer.tier", "is": "gold"}, {"fact": "action.value", "over": "50.00"}]}
    assert fires(GOLD, worth(value), customer=tier) is fires(joined, worth(value), customer=tier)


def test_what_an_open_answer_does_can_be_chosen() -> None:
    assert fires({"cel": "customer.tier == 'gold'", "if_unknown": "fire"})
    assert not fires({"cel": "action.value.amount > 50.0", "if_unknown": "pass"}, action(value=None))
    assert reason({"cel": "intent == 'x'", "if_unknown": "fire"}).says == (
        "the condition intent == 'x' hangs on a fact that is unknown"
    )


def test_talk_moves_no_money_here_either() -> None:
    assert not fires({"cel": "action.value.amount > 0.0"}, reply())
    assert fires({"cel": "action.value.amount > 0.0"}, action(value=None))


@pytest.mark.parametrize(
    ("cel", "args"),
    [
        ("double(action.args.amount) > 5.0", {"amount": "lots"}),
        ("action.args.amount > 5.0", {"amount": "350.00"}),
        ("action.args.items[3] == 'x'", {"items": ["a"]}),
        ("10 / action.args.n > 1", {"n": 0}),
        ("action.args.x", {"x": "yes"}),
    ],
)
def test_an_expression_that_fails_on_known_facts_counts_as_fired(cel: str, args: dict[str, Any]) -> None:
    assert f"the condition {cel} could not be evaluated: " in reason({"cel": cel}, action(args=args)).says


def test_a_failing_expression_is_not_turned_round_by_not() -> None:
    assert fires({"not": {"cel": "10 / action.args.n > 1"}}, action(args={"n": 0}))


@pytest.mark.parametrize(
    ("cel", "changes"),
    [
        ("intent in ['refund', 'exchange']", {"intent": "refund"}),
        ("signals.topics.exists(t, t == 'legal')", {"signals": {"topics": ["legal"]}}),
        ("conversation.sentiment[0] < -0.5", {"messages": said("a", sentiments=[-0.9])}),
        ("text.customer.contains('lawyer')", {"messages": said("my lawyer")}),
        ("conversation.asks_for_human", {"messages": said("I want a human")}),
        ("customer.attributes.country == 'DE'", {"customer": {"attributes": {"country": "DE"}}}),
        (
            "customer.lifetime_value.amount >= 1000.0",
            {"customer": {"lifetime_value": {"amount": 1000, "currency": "EUR"}}},
        ),
        ("action.args.size() == 1 && 'order_id' in action.args", {}),
        ("has(action.args.order_id) && action.args.order_id.startsWith('A-')", {}),
        ("r'\\' == '\\\\'", {}),
    ],
)
def test_facts_of_every_kind_can_be_asked(cel: str, changes: dict[str, Any]) -> None:
    assert fires({"cel": cel}, **changes)


@pytest.mark.parametrize(
    ("cel", "says"),
    [
        ("customer.level == 1", "there is no fact customer.level; did you mean customer.tier?"),
        ("action.value > 5.0", "write action.value.amount; it is a number in the policy's currency"),
        ("action.value.currency == 'EUR'", "write action.value.amount; it is a number in the policy's currency"),
        ("text.customer.matches('a')", "matches is not available here; use the operator matches_any"),
        ("intent.upper() == 'X'", None),
        ("customer['tier'] == 'gold'", "there is no fact customer; did you mean text.customer?"),
        ("'''x''' == intent", "a text starts and ends with one quotation mark"),
        ("intent == 'x' // not", "'/' at character 15 has no place in an expression"),
        ("Message{field: 1} == intent", "Message {…} would make a message; there are none here"),
        (
            "[1].map(intent, intent) == [1]",
            "a loop starts with a name of its own, as in exists(topic, topic == 'legal')",
        ),
        ("signals.confidence", "gives float, not true or false"),
        (
            "customer.tier > 5",
            "mixes kinds of values: No such overload: the operation is not defined for the given operand types",
        ),
        ("b'x' == b'x'", None),
        ("intent ==", None),
        ("x.y == 1", None),
        ("intent == `x`", None),
        ("intent == 'a' ; true", None),
        ("a" * 1001, "an expression has at most 1000 characters"),
    ],
)
def test_what_is_not_accepted_is_said_at_its_path(cel: str, says: str | None) -> None:
    ((path, said_there),) = given.faults(given.document(given.rule({"cel": cel})))
    assert path == "/triggers/0/when/cel"
    assert says in (None, said_there)


def nested(open_with: str, close_with: str, levels: int) -> str:
    return f"{open_with * levels}true{close_with * levels} == true"


TOPICS = "signals.topics"
EVIL = [
    *(nested("(", ")", levels) for levels in range(13, 40)),
    *(nested("[", "]", levels) for levels in range(13, 40)),
    *(nested("{'a':", "}", levels) for levels in range(13, 30)),
    *(
        f"{TOPICS}.{loop}(a, {TOPICS}.{inner}(b, a == b))"
        for loop in ("all", "exists", "map")
        for inner in ("all", "filter")
    ),
    " && ".join(f"{TOPICS}.exists(a{n}, true)" for n in range(3)),
    *("!" * count + "intent" for count in (1, 500, 999)),
    *("-" * count + "1 == 1 && nothing" for count in (1, 500, 980)),
    "text.customer.matches('(a+)+$')",
    "matches(text.customer, '(a|a)*b')",
    *(f"{root}.x == 1" for root in ("__builtins__", "os", "self", "facts", "view", "request", "cel")),
    *(f"{name}() == 1" for name in ("eval", "exec", "import", "open", "now", "timestamp", "duration", "type", "dyn")),
    "'a' + 'b' + ",
    "intent == 'x' ? true",
    "\x00",
    "\u202eintent == 'x'",
    "intent == '\ud800'",
    "\uff49ntent == 'x'",
    "1e999 > 1.0",
    "9223372036854775808 == 1",
    "'",
    '"""',
    "\\",
    "#",
    "$x",
    "@x",
]


@pytest.mark.parametrize("cel", EVIL)
def test_evil_expressions_are_refused_at_once(cel: str) -> None:
    begun = time.thread_time()
    with pytest.raises(ExpressionError):
        compiled(cel)
    assert time.thread_time() - begun < 0.5


def test_there_are_a_hundred_evil_ones() -> None:
    assert len(set(EVIL)) >= 100


@pytest.mark.parametrize(
    "cel",
    [
        f"{TOPICS}.map(a, a + a + a + a).exists(b, b == 'x')",
        "(" + " + ".join(["text.customer"] * 60) + ").contains('zzz')",
        f"{TOPICS}.all(a, a.contains('x')) && {TOPICS}.exists(b, b == 'y')",
    ],
)
def test_what_is_accepted_ends_soon_whatever_it_is_given(cel: str) -> None:
    words = ["w" * 10] * 900
    policy = given.policy(given.rule({"cel": cel}))
    facts = given.facts(signals={"topics": words, "confidence": 1}, messages=said("z" * 99_000))
    begun = time.thread_time()
    given.evaluate(policy, facts)
    assert time.thread_time() - begun < 1


def test_facts_too_large_for_an_expression_make_the_rule_fire() -> None:
    found = reason({"cel": "text.customer.contains('x')"}, messages=said("a" * MAX_INPUT))
    assert found.says.endswith("could not be evaluated: its facts are too large for an expression")
