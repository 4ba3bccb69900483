"""What one policy says otherwise than another, and whether it could let pass what was held."""

import copy
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from reviewqueue.engine.differences import Effect, differences, loosens
from reviewqueue.engine.policy import MODES, OUTCOMES, parse
from reviewqueue.engine.starting import starting_policy
from reviewqueue.engine.tightness import covers
from reviewqueue.engine.triggers import evaluate
from tests.engine import given
from tests.engine.test_properties import ORDERS, comparisons, conditions, facts, leaves, shares

REFUND: dict[str, Any] = {
    "name": "refund-over-limit",
    "category": "financial",
    "match": {"action": ["*refund*"], "kind": ["tool_call"]},
    "when": {"fact": "action.value", "over": "200.00"},
    "outcome": "review",
    "skills": ["billing"],
}
FAQ: dict[str, Any] = {"name": "FAQ", "match": {"kind": ["reply"], "intent": ["faq"]}, "mode": "out_of_the_loop"}
REST = {"match": {}, "mode": "in_the_loop"}
SCOPE = {
    "agent": ["shop-bot"],
    "owner": "pia",
    "review_by": "2027-01-31",
    "authorised": ["faq"],
    "always_human": ["legal"],
    "by_confidence": [{"intent": ["refund"], "at_least": 0.8}],
}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    found = differences(parse(before).document, parse(after).document)
    return [(one.says, str(one.effect)) for one in found]


def of_trigger(**changes: Any) -> list[tuple[str, str]]:
    changed = {key: value for key, value in (REFUND | changes).items() if value is not None}
    return told(given.document(REFUND), given.document(changed))


def of_oversight(before: list[Any], after: list[Any]) -> list[tuple[str, str]]:
    return told(given.document(oversight=before), given.document(oversight=after))


def when(**leaf: Any) -> dict[str, Any]:
    return {"when": {"fact": "action.value"} | leaf}


@pytest.mark.covers("R33", "R35")
def test_a_tighter_limit_reads_as_a_sentence() -> None:
    assert of_trigger(**when(over="150.00")) == [
        (
            "Refund over limit: held for a person: the value is over 150.00 EUR or unknown instead of over 200.00 EUR",
            "stricter",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        (when(over="200.01"), "looser"),
        (when(at_least="200.00"), "stricter"),
        (when(at_least="200.01"), "looser"),
        (when(over="200.00", if_unknown="pass"), "looser"),
        (when(under="200.00"), "may be looser"),
        ({"when": {"fact": "signals.confidence", "under": 0.7}}, "may be looser"),
        ({"when": {"cel": "action.value.amount > 100.0"}}, "may be looser"),
        ({"when": {"not": REFUND["when"]}}, "may be looser"),
        ({"when": None}, "stricter"),
        ({"match": {}}, "stricter"),
        ({"match": {"action": ["*refund*"]}}, "stricter"),
        ({"match": {"action": ["*refund*", "*credit*"], "kind": ["tool_call"]}}, "stricter"),
        ({"match": {"action": ["refund*"], "kind": ["tool_call"]}}, "looser"),
        ({"match": {**REFUND["match"], "team": ["shop"]}}, "looser"),
        ({"match": {"action": ["*credit*"]}}, "may be looser"),
        ({"outcome": "handoff"}, "stricter"),
        ({"outcome": "watch"}, "looser"),
        ({"eyes": 2}, "stricter"),
        ({"skills": ["billing", "german"]}, "stricter"),
        ({"skills": []}, "looser"),
        ({"queue": "money"}, "may be looser"),
        ({"enabled": False}, "looser"),
        ({"priority": "high"}, "equal"),
        ({"category": "money"}, "equal"),
        ({"description": "Why"}, "equal"),
        ({"name": "refunds"}, "equal"),
    ],
)
def test_every_change_of_a_trigger_has_its_effect(changes: dict[str, Any], effect: str) -> None:
    assert [effect for _says, effect in of_trigger(**changes)] == [effect]


def test_a_trigger_that_is_gone_loosens_and_a_new_one_does_not() -> None:
    gone = told(given.document(REFUND), given.document())
    new = told(given.document(), given.document(REFUND))
    sentence = (
        "Actions named *refund* are held for a person when the value is over 200.00 EUR or unknown. Needs billing."
    )
    assert gone == [(f"Refund over limit is gone: {sentence}", "looser")]
    assert new == [(f"Refund over limit is new: {sentence}", "stricter")]


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        ([REST], [FAQ, REST], ["looser"]),
        ([FAQ, REST], [REST], ["stricter"]),
        ([FAQ, REST], [FAQ | {"mode": "on_the_loop"}, REST], ["stricter"]),
        ([FAQ, REST], [FAQ | {"match": {"kind": ["reply"], "intent": ["faq", "refund"]}}, REST], ["looser"]),
        (
            [FAQ, REST],
            [FAQ | {"match": {"kind": ["reply"], "intent": ["faq"], "channel": ["email"]}}, REST],
            ["stricter"],
        ),
        ([FAQ, REST], [FAQ | {"match": {"kind": ["reply"], "intent": ["refund"]}}, REST], ["may be looser"]),
        ([FAQ, REST], [REST, FAQ], ["stricter"]),
        ([REST, FAQ], [FAQ, REST], ["may be looser"]),
        ([REST], [], ["equal"]),
        ([FAQ, REST], [FAQ | {"name": "Questions"}, REST], ["equal"]),
        ([FAQ, REST], [FAQ | {"queue": "talk"}, REST], ["may be looser"]),
    ],
)
def test_every_change_of_oversight_has_its_effect(before: list[Any], after: list[Any], effects: list[str]) -> None:
    assert [effect for _says, effect in of_oversight(before, after)] == effects


def test_a_shorter_veto_window_is_looser() -> None:
    watched = {"match": {}, "mode": "on_the_loop", "veto_seconds": 60}
    assert [effect for _, effect in of_oversight([watched], [watched | {"veto_seconds": 30}])] == ["looser"]


@pytest.mark.covers("R7", "R8")
@pytest.mark.parametrize(
    ("changes", "says", "effect"),
    [
        ({"authorised": ["faq", "returns"]}, "shop-bot: returns by itself instead of with a person", "looser"),
        ({"authorised": []}, "shop-bot: faq with a person instead of by itself", "stricter"),
        (
            {"by_confidence": [{"intent": ["refund"], "at_least": 0.7}]},
            "shop-bot: refund by confidence from 70 % instead of by confidence from 80 %",
            "looser",
        ),
        ({"always_human": []}, "shop-bot: legal with a person instead of by a person alone", "looser"),
        ({"owner": "ada"}, "shop-bot: owner ada instead of pia", "equal"),
    ],
)
def test_every_change_of_a_scope_reads_as_a_sentence(changes: dict[str, Any], says: str, effect: str) -> None:
    assert told(given.document(scopes=[SCOPE]), given.document(scopes=[SCOPE | changes])) == [(says, effect)]


BUDGET: dict[str, Any] = {
    "name": "refunds",
    "match": {"action": ["refund*"]},
    "per": ["customer"],
    "within": "day",
    "sum": "300.00",
    "queue": "billing",
}


@pytest.mark.parametrize(
    ("changes", "says", "effect"),
    [
        ({"sum": "200.00"}, "at most 200.00 instead of 300.00", "stricter"),
        ({"sum": "300.01"}, "at most 300.01 instead of 300.00", "looser"),
        ({"sum": 300}, "the limit is written otherwise", "equal"),
        (
            {"sum": None, "count": 3},
            "at most 3 instead of 300.00; sums are no longer compared with sums",
            "may be looser",
        ),
        ({"within": "hour"}, "in any hour instead of any day, counted anew", "may be looser"),
        ({"per": ["agent"]}, "for each agent instead of customer, counted anew", "may be looser"),
        ({"counts": "proposed"}, "counts all that is proposed instead of what runs", "may be looser"),
        ({"match": {}}, "covers all proposals instead of actions named refund*", "stricter"),
        (
            {"match": {"action": ["refund_order"]}},
            "covers actions named refund_order instead of actions named refund*",
            "looser",
        ),
        (
            {"match": {"action": ["credit*"]}},
            "covers actions named credit* instead of actions named refund*",
            "may be looser",
        ),
        ({"pause": "agent"}, "an overrun pauses the agent instead of nothing", "stricter"),
        (
            {"outcome": "handoff"},
            "what goes beyond is handed over to a person instead of held for a person",
            "stricter",
        ),
        ({"queue": "money"}, "queue money instead of billing", "may be looser"),
        ({"priority": "high"}, "priority high instead of normal", "equal"),
        ({"description": "Why"}, "another description", "equal"),
    ],
)
def test_every_change_of_a_budget_has_its_sentence_and_effect(changes: dict[str, Any], says: str, effect: str) -> None:
    changed = {key: value for key, value in (BUDGET | changes).items() if value is not None}
    found = told(given.document(budgets=[BUDGET]), given.document(budgets=[changed]))
    assert found == [(f"The budget refunds: {says}", effect)]


def test_a_budget_that_is_gone_or_renamed_loosens_and_a_new_one_does_not() -> None:
    sentence = (
        "At most 300.00 EUR of actions named refund* may run without a person in any day for each customer. "
        "What goes beyond is held for a person. Queue billing."
    )
    gone, new = (
        (f"The budget refunds is gone: {sentence}", "looser"),
        (f"The budget refunds is new: {sentence}", "stricter"),
    )
    assert told(given.document(budgets=[BUDGET]), given.document()) == [gone]
    assert told(given.document(), given.document(budgets=[BUDGET])) == [new]
    renamed = told(given.document(budgets=[BUDGET]), given.document(budgets=[BUDGET | {"name": "money"}]))
    assert [effect for _says, effect in renamed] == ["looser", "stricter"]


def test_budgets_in_another_order_may_send_a_case_elsewhere() -> None:
    both = [BUDGET, BUDGET | {"name": "other", "queue": "money"}]
    assert [effect for _, effect in told(given.document(budgets=both), given.document(budgets=both[::-1]))] == [
        "may be looser"
    ]
    same = [BUDGET, BUDGET | {"name": "other"}]
    assert [effect for _, effect in told(given.document(budgets=same), given.document(budgets=same[::-1]))] == ["equal"]


WAIT: dict[str, Any] = {"name": "chats", "match": {"channel": ["chat"]}, "seconds": 900, "then": "callback"}


@pytest.mark.parametrize(
    ("after", "effects"),
    [
        ([], ["equal"]),
        ([WAIT | {"seconds": 600}], ["equal"]),
        ([WAIT | {"then": "decline"}], ["equal"]),
        ([WAIT | {"then": "chat", "queue": "talk"}], ["may be looser"]),
        ([WAIT | {"name": "talks"}], ["equal"]),
        ([WAIT, {"seconds": 3600, "then": "callback"}], ["equal"]),
    ],
)
def test_waiting_approves_nothing_so_only_another_queue_matters(after: list[Any], effects: list[str]) -> None:
    assert [effect for _, effect in told(given.document(wait=[WAIT]), given.document(wait=after))] == effects


def test_a_changed_wait_contract_says_what_was_before() -> None:
    found = told(given.document(wait=[WAIT]), given.document(wait=[WAIT | {"seconds": 600}]))
    before = "Customers in the channel chat wait at most 15 min; then they are offered a call."
    assert found == [(f"{before.replace('15', '10')} Before: {before}", "equal")]


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD", "currency_rates": {}},
        {"currency_rates": {"USD": "0.80", "GBP": "1.15"}},
        {"currency_rates": {"USD": "0.92"}},
        {"currency_rates": {"USD": "0.92", "GBP": "1.15", "CHF": "1"}},
        {"undo_seconds": 5},
        {"default_queue": "elsewhere"},
        {"risk_levels": [{"match": {}, "level": "low"}]},
        {"scopes": []},
    ],
)
def test_what_is_not_provably_stricter_counts_as_loosening(changes: dict[str, Any]) -> None:
    before = parse(given.document(scopes=[SCOPE])).document
    after = parse(given.document(scopes=[SCOPE]) | changes).document
    assert loosens(differences(before, after))


def test_a_policy_does_not_differ_from_itself() -> None:
    starting = parse(starting_policy()).document
    assert differences(starting, copy.deepcopy(starting)) == []


modes = st.sampled_from(MODES)
SHARES = st.sampled_from(["0.5", "0.69", "0.7", "1"])
LIMITS = st.sampled_from(["0.5", "0.69", "30", "200.00", "1000"])
MATCHES = st.sampled_from(
    [{}, {"action": ["*refund*"]}, {"action": ["refund_*"]}, {"kind": ["tool_call"]}, {"tier": "vip"}]
)


def altered(draw: Any, when: Any) -> Any:
    """The same condition with a few of its places changed, as an admin would."""
    if isinstance(when, list):
        kept = [altered(draw, one) for one in when if draw(st.integers(0, 5))]
        return (kept or when) + ([draw(leaves)] if draw(st.integers(0, 4)) == 0 else [])
    if "fact" not in when:
        head = next(iter(when))
        return when if head == "cel" else {head: altered(draw, when[head])}
    changed = dict(when)
    for name in sorted(set(when) & set(ORDERS)):
        if "since" not in when["fact"]:
            order = draw(st.sampled_from([one for one in ORDERS if ORDERS[one] == ORDERS[name]]))
            del changed[name]
            changed[order] = (
                draw(st.sampled_from(["0.5", "0.69", "0.7", "1"])) if "conf" in when["fact"] else draw(LIMITS)
            )
    for name in set(when) & {"in", "has_any"}:
        changed[name] = when[name][:1] if draw(st.booleans()) else [*when[name], "refund"]
    if "for_last" in changed:
        changed["for_last"] = draw(st.integers(1, 4))
    return changed | draw(st.sampled_from([{}, {}, {"if_unknown": "fire"}, {"if_unknown": "pass"}]))


SERIES = st.builds(
    lambda order, limit, last, unknown: {"fact": "conversation.sentiment", order: limit, "for_last": last} | unknown,
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from([-0.6, -0.5, 0.0, 0.5]),
    st.integers(1, 4),
    st.sampled_from([{}, {"if_unknown": "fire"}, {"if_unknown": "pass"}]),
)
MOODS = st.lists(st.sampled_from([None, -1.0, -0.6, -0.55, -0.5, 0.0, 0.2, 0.5, 0.9]), max_size=5)


@pytest.mark.covers("R20", "R33")
@drawn(SERIES, st.data(), st.lists(MOODS, min_size=8, max_size=8))
@settings(max_examples=250, suppress_health_check=list(HealthCheck), deadline=None)
def test_of_series_and_of_unknown_values_no_looser_change_is_called_safe(
    when: dict[str, Any], data: st.DataObject, many: list[list[float | None]]
) -> None:
    order = next(name for name in ORDERS if name in when)
    limit = data.draw(st.sampled_from([-0.6, -0.5, 0.0, 0.5]))
    changed = {key: value for key, value in when.items() if key not in {order, "if_unknown"}}
    changed |= {order: limit, "for_last": data.draw(st.integers(1, 4))}
    changed |= data.draw(st.sampled_from([{}, {"if_unknown": "fire"}, {"if_unknown": "pass"}]))
    one, other = parse(given.document(given.rule(when))), parse(given.document(given.rule(changed)))
    seen = [given.facts(messages=given.said(*["Hi"] * len(moods), sentiments=moods)) for moods in many if moods]
    for before, after in ((one, other), (other, one)):
        if not loosens(differences(before.document, after.document)):
            for facts_of_one in seen:
                strict = MODES.index(evaluate(after, facts_of_one).mode)
                assert strict >= MODES.index(evaluate(before, facts_of_one).mode)


@st.composite
def asked(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy with one trigger that releases all else, and the same after a change of the trigger."""
    rule = given.rule(
        draw(comparisons | shares | leaves | conditions), match=draw(MATCHES), outcome=draw(st.sampled_from(OUTCOMES))
    )
    edited = rule | {"when": altered(draw, rule["when"])}
    if draw(st.integers(0, 3)) == 0:
        edited["match"] = draw(MATCHES)
    return given.document(rule), given.document(edited)


@st.composite
def started(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two short lists of where actions start, the second an edit of the first."""
    names = st.sampled_from(["one", "two", "three"])
    rules = st.builds(lambda name, match, mode: {"name": name, "match": match, "mode": mode}, names, MATCHES, modes)
    before = draw(st.lists(rules, min_size=1, max_size=3, unique_by=lambda rule: rule["name"]))
    after, kind = list(before), draw(st.sampled_from(["change", "drop", "add", "move"]))
    place = draw(st.integers(0, len(before) - 1))
    if kind == "change":
        after[place] = after[place] | {draw(st.sampled_from(["match", "mode"])): None}
        after[place] |= (
            {"match": draw(MATCHES)} if after[place]["match"] is None else {"mode": draw(st.sampled_from(MODES))}
        )
    elif kind == "drop":
        del after[place]
    elif kind == "add":
        after.insert(place, draw(rules))
    else:
        after = draw(st.permutations(after))
    return given.document(oversight=before), given.document(oversight=after)


@pytest.mark.covers("R33")
@drawn(asked() | started(), st.lists(facts, min_size=8, max_size=8))
@settings(max_examples=250, suppress_health_check=list(HealthCheck), deadline=None)
def test_what_is_proved_not_to_loosen_never_gives_less_scrutiny(
    pair: tuple[dict[str, Any], dict[str, Any]], many: list[dict[str, Any]]
) -> None:
    one, other = parse(pair[0]), parse(pair[1])
    for before, after in ((one, other), (other, one)):
        if loosens(differences(before.document, after.document)):
            continue
        for seen in many:
            assert MODES.index(evaluate(after, seen).mode) >= MODES.index(evaluate(before, seen).mode)


def test_effects_say_whether_they_loosen() -> None:
    assert [effect for effect in Effect if effect.loosens] == [Effect.LOOSER, Effect.UNCLEAR]


def test_long_patterns_are_compared_to_their_end() -> None:
    long = "x" * 100
    before = given.document(given.rule({"fact": "text.customer", "matches_any": [f"{long}a"]}))
    after = given.document(given.rule({"fact": "text.customer", "matches_any": [f"{long}b"]}))
    assert told(before, after) == [
        ("Rule: held for a person: the customer's words: 1 more patterns, 1 fewer patterns", "may be looser")
    ]


@pytest.mark.parametrize("glob", ["*a" * 90, "*" * 190, "?*" * 90, "*a*b" * 45, "*[(" * 60])
def test_evil_names_are_compared_soon(glob: str) -> None:
    began = time.thread_time()
    for other in ("a" * 190, glob + "b", "*a" * 89 + "b"):
        covers({"action": [glob] * 20}, {"action": [other] * 20})
    assert time.thread_time() - began < 5
