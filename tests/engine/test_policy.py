"""A policy document is taken as a whole or refused by path."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from reviewqueue.engine.policy import PolicyError, parse
from reviewqueue.engine.starting import starting_policy
from tests.engine import given

SMALLEST = {"format": 1, "name": "n", "currency": "EUR"}
# The policy of the wire's description.
WIRE: dict[str, Any] = {
    "format": 1,
    "name": "Starting policy",
    "currency_rates": {"USD": "0.92", "GBP": "1.15"},
    "currency": "EUR",
    "oversight": [
        {"match": {"intent": ["order_status", "store_hours"]}, "mode": "out_of_the_loop"},
        {"match": {"kind": ["reply"], "channel": ["email"]}, "mode": "in_the_loop"},
        {"match": {"intent": ["address_change"]}, "mode": "on_the_loop", "veto_seconds": 30},
        {"match": {}, "mode": "in_the_loop"},
    ],
    "triggers": [
        {
            "name": "refund-over-limit",
            "category": "financial",
            "match": {"action": ["refund*"]},
            "when": {"fact": "action.value", "over": "200.00", "if_unknown": "fire"},
            "outcome": "review",
            "queue": "billing",
            "priority": "high",
            "skills": ["billing"],
            "eyes": 1,
        },
        {
            "name": "low-confidence",
            "category": "confidence",
            "when": {"fact": "signals.confidence", "under": 0.7, "if_unknown": "fire"},
            "outcome": "review",
        },
        {
            "name": "angry",
            "category": "emotion",
            "when": {"fact": "conversation.sentiment", "under": -0.6, "for_last": 2},
            "outcome": "handoff",
            "queue": "angry",
        },
        {
            "name": "legal",
            "category": "legal",
            "when": {"fact": "text.customer", "matches_any": ["(?i)\\blawyer\\b"]},
            "outcome": "handoff",
            "queue": "legal",
        },
        {
            "name": "gold-over-50",
            "category": "segment",
            "when": {"cel": "customer.tier == 'gold' && action.value.amount > 50.0"},
            "outcome": "review",
        },
    ],
    "undo_seconds": 10,
    "expiry": {"seconds": 86400, "outcome": "expire"},
}


def trigger(**changes: Any) -> dict[str, Any]:
    return SMALLEST | {"triggers": [{"name": "t", "category": "c", "match": {}, "outcome": "review"} | changes]}


def asked(when: Any) -> dict[str, Any]:
    return trigger(when=when)


@pytest.mark.covers("R35")
def test_a_policy_is_read_into_what_the_desk_needs() -> None:
    policy = parse(WIRE)
    assert (policy.name, policy.currency, policy.undo_seconds) == ("Starting policy", "EUR", 10)
    assert policy.currency_rates == {"USD": Decimal("0.92"), "GBP": Decimal("1.15")}
    assert (policy.expiry_seconds, policy.expiry_outcome) == (86400, "expire")
    assert [rule.mode for rule in policy.oversight] == ["out_of_the_loop", "in_the_loop", "on_the_loop", "in_the_loop"]
    assert [rule.name for rule in policy.triggers] == [rule["name"] for rule in WIRE["triggers"]]
    assert policy.queues_named() == {"billing", "angry", "legal", "routine"}


def test_the_shortest_policy_sends_everything_to_a_person() -> None:
    policy = parse(SMALLEST)
    assert given.evaluate(policy, given.facts()).mode == "in_the_loop"
    assert (policy.undo_seconds, policy.expiry_seconds, policy.expiry_outcome) == (10, 86400, "expire")
    assert policy.queues_named() == {"routine"}


def test_the_normal_form_reads_back_as_the_same_policy() -> None:
    policy = parse(WIRE)
    again = parse(policy.document)
    assert (again, again.digest, again.document) == (policy, policy.digest, policy.document)


def test_the_digest_names_the_content_whatever_its_order() -> None:
    reordered = {key: WIRE[key] for key in sorted(WIRE)}
    assert parse(reordered).digest == parse(WIRE).digest
    assert parse(WIRE | {"undo_seconds": 11}).digest != parse(WIRE).digest
    assert len(parse(WIRE).digest) == 64


def test_what_is_left_out_is_written_down_in_the_normal_form() -> None:
    assert parse(SMALLEST).digest == parse(SMALLEST | {"undo_seconds": 10, "triggers": []}).digest


def test_changing_the_document_afterwards_changes_no_policy() -> None:
    document = copy.deepcopy(WIRE)
    policy = parse(document)
    document["triggers"][0]["when"]["over"] = "9999.00"
    assert policy.document["triggers"][0]["when"]["over"] == "200.00"
    starting_policy()["triggers"].clear()
    assert starting_policy()["triggers"]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({**SMALLEST, "trigers": []}, "/trigers"),
        ({**SMALLEST, "triggers": {}}, "/triggers"),
        ({**SMALLEST, "format": 2}, "/format"),
        ({**SMALLEST, "format": "1"}, "/format"),
        ({**SMALLEST, "format": True}, "/format"),
        ({**SMALLEST, "name": ""}, "/name"),
        ({**SMALLEST, "name": 5}, "/name"),
        ({**SMALLEST, "name": "x" * 201}, "/name"),
        ({**SMALLEST, "name": "in\u200bvisible"}, "/name"),
        ({**SMALLEST, "currency": "euro"}, "/currency"),
        ({**SMALLEST, "currency_rates": []}, "/currency_rates"),
        ({**SMALLEST, "currency_rates": {"usd": 1}}, "/currency_rates/usd"),
        ({**SMALLEST, "currency_rates": {"USD": 0}}, "/currency_rates/USD"),
        ({**SMALLEST, "currency_rates": {"USD": "-1"}}, "/currency_rates/USD"),
        ({**SMALLEST, "currency_rates": {"USD": "about 1"}}, "/currency_rates/USD"),
        ({**SMALLEST, "currency_rates": {"EUR": "1.1"}}, "/currency_rates/EUR"),
        ({**SMALLEST, "undo_seconds": -1}, "/undo_seconds"),
        ({**SMALLEST, "undo_seconds": 1.5}, "/undo_seconds"),
        ({**SMALLEST, "undo_seconds": True}, "/undo_seconds"),
        ({**SMALLEST, "default_queue": "no spaces"}, "/default_queue"),
        ({**SMALLEST, "expiry": {"seconds": 86400}}, "/expiry"),
        ({**SMALLEST, "expiry": {"seconds": 0, "outcome": "expire"}}, "/expiry/seconds"),
        ({**SMALLEST, "expiry": {"seconds": 86400, "outcome": "approve"}}, "/expiry/outcome"),
        ({**SMALLEST, "expiry": {"seconds": 86400, "outcome": "expire", "then": 1}}, "/expiry/then"),
        ({**SMALLEST, "oversight": [{"match": {}}]}, "/oversight/0"),
        ({**SMALLEST, "oversight": [{"match": {}, "mode": "loop"}]}, "/oversight/0/mode"),
        ({**SMALLEST, "oversight": [{"mode": "in_the_loop"}]}, "/oversight/0"),
        (
            {**SMALLEST, "oversight": [{"match": {"intents": ["x"]}, "mode": "in_the_loop"}]},
            "/oversight/0/match/intents",
        ),
        ({**SMALLEST, "oversight": [{"match": {"intent": []}, "mode": "in_the_loop"}]}, "/oversight/0/match/intent"),
        ({**SMALLEST, "oversight": [{"match": {"intent": [5]}, "mode": "in_the_loop"}]}, "/oversight/0/match/intent/0"),
        (
            {**SMALLEST, "oversight": [{"match": {}, "mode": "in_the_loop", "veto_seconds": 30}]},
            "/oversight/0/veto_seconds",
        ),
        ({**SMALLEST, "oversight": ["in_the_loop"]}, "/oversight/0"),
        ({**SMALLEST, "risk_levels": [{"match": {"risk": ["low"]}, "level": "high"}]}, "/risk_levels/0/match/risk"),
        ({**SMALLEST, "risk_levels": [{"match": {}, "level": "none"}]}, "/risk_levels/0/level"),
        (
            {**SMALLEST, "risk_levels": [{"match": {}, "when": {"fact": "x", "is": 1}, "level": "low"}]},
            "/risk_levels/0/when/fact",
        ),
        (trigger(name=""), "/triggers/0/name"),
        (trigger(category="two words"), "/triggers/0/category"),
        (trigger(outcome="approve"), "/triggers/0/outcome"),
        (trigger(queue="Émile"), "/triggers/0/queue"),
        (trigger(queue=None), "/triggers/0/queue"),
        (trigger(priority="highest"), "/triggers/0/priority"),
        (trigger(skills="billing"), "/triggers/0/skills"),
        (trigger(skills=["a b"]), "/triggers/0/skills/0"),
        (trigger(eyes=3), "/triggers/0/eyes"),
        (trigger(eyes="2"), "/triggers/0/eyes"),
        (trigger(veto_seconds=5), "/triggers/0/veto_seconds"),
        (trigger(quue="legal"), "/triggers/0/quue"),
        ({**SMALLEST, "triggers": [{"name": "t", "outcome": "review"}]}, "/triggers/0"),
        ({**SMALLEST, "triggers": [{"name": "t", "match": {}}]}, "/triggers/0"),
        (asked({"fact": "action.valeu", "over": 1}), "/triggers/0/when/fact"),
        (asked({"fact": "action.args.", "over": 1}), "/triggers/0/when/fact"),
        (asked({"fact": "action.args.a..b", "over": 1}), "/triggers/0/when/fact"),
        (asked({"fact": 5, "over": 1}), "/triggers/0/when/fact"),
        (asked({"fact": "action.value"}), "/triggers/0/when"),
        (asked({"fact": "action.value", "over": 1, "under": 5}), "/triggers/0/when"),
        (asked({"fact": "action.value", "above": 1}), "/triggers/0/when/above"),
        (asked({"fact": "action.value", "over": "lots"}), "/triggers/0/when/over"),
        (asked({"fact": "action.value", "over": True}), "/triggers/0/when/over"),
        (asked({"fact": "action.value", "over": float("nan")}), "/triggers/0/when/over"),
        (asked({"fact": "action.value", "is": "5"}), "/triggers/0/when/is"),
        (asked({"fact": "signals.confidence", "under": 70}), "/triggers/0/when/under"),
        (asked({"fact": "customer.tier", "over": 5}), "/triggers/0/when/over"),
        (asked({"fact": "customer.tier", "is": ["gold"]}), "/triggers/0/when/is"),
        (asked({"fact": "customer.tier", "in": "gold"}), "/triggers/0/when/in"),
        (asked({"fact": "customer.tier", "in": []}), "/triggers/0/when/in"),
        (asked({"fact": "customer.tier", "has_any": ["gold"]}), "/triggers/0/when/has_any"),
        (asked({"fact": "signals.topics", "has_any": []}), "/triggers/0/when/has_any"),
        (asked({"fact": "signals.topics", "has_any": [1]}), "/triggers/0/when/has_any/0"),
        (asked({"fact": "customer.since", "under": "yesterday"}), "/triggers/0/when/under"),
        (asked({"fact": "action.reversible", "is": "false"}), "/triggers/0/when/is"),
        (asked({"fact": "text.customer", "matches_any": []}), "/triggers/0/when/matches_any"),
        (asked({"fact": "text.customer", "matches_any": ["("]}), "/triggers/0/when/matches_any/0"),
        (asked({"fact": "text.customer", "is": "hello"}), "/triggers/0/when/is"),
        (asked({"fact": "signals.confidence", "under": 0.5, "for_last": 2}), "/triggers/0/when/for_last"),
        (asked({"fact": "conversation.sentiment", "under": 0, "for_last": 0}), "/triggers/0/when/for_last"),
        (asked({"fact": "intent", "is": "x", "if_unknown": "maybe"}), "/triggers/0/when/if_unknown"),
        (asked({"cel": "nothing == 1"}), "/triggers/0/when/cel"),
        (asked({"cel": 5}), "/triggers/0/when/cel"),
        (asked({"cel": "true", "over": 5}), "/triggers/0/when/over"),
        (asked({"all": []}), "/triggers/0/when/all"),
        (asked({"all": {"fact": "intent", "is": "x"}}), "/triggers/0/when/all"),
        (asked({"any": [{"fact": "intent", "is": "x"}, {"fact": "nope", "is": "x"}]}), "/triggers/0/when/any/1/fact"),
        (asked({"not": [{"fact": "intent", "is": "x"}]}), "/triggers/0/when/not"),
        (asked({"all": [{"cel": "true"}], "any": [{"cel": "true"}]}), "/triggers/0/when"),
        (asked({"all": [{"cel": "true"}], "if_unknown": "fire"}), "/triggers/0/when/if_unknown"),
        (asked({}), "/triggers/0/when"),
        (asked("true"), "/triggers/0/when"),
        (asked(None), "/triggers/0/when"),
    ],
)
def test_a_fault_is_named_by_its_path(document: dict[str, Any], path: str) -> None:
    assert given.paths(document) == [path]


@pytest.mark.parametrize("key", ["format", "name", "currency"])
def test_what_must_be_there_is_missed_by_name(key: str) -> None:
    document = {name: value for name, value in SMALLEST.items() if name != key}
    assert given.faults(document) == [("", f"the key {key} is missing")]


@pytest.mark.parametrize("document", [[], "policy", None, 5])
def test_what_is_no_mapping_is_no_policy(document: Any) -> None:
    assert given.faults(document) == [("", "must be a mapping of keys to values")]


def test_all_faults_are_found_at_once() -> None:
    document = {
        "name": "n",
        "currency": "EUR",
        "colour": "red",
        "triggers": [{"name": "a", "when": {"fact": "x", "over": 1}, "outcome": "no", "eyes": 9}],
        "oversight": [{"match": {"intent": [""]}, "mode": "x"}],
    }
    assert sorted(given.paths(document)) == [
        "",
        "/colour",
        "/oversight/0/match/intent/0",
        "/oversight/0/mode",
        "/triggers/0/eyes",
        "/triggers/0/outcome",
        "/triggers/0/when/fact",
    ]


def test_a_typing_slip_is_met_with_the_nearest_name() -> None:
    assert given.faults(SMALLEST | {"trigers": []}) == [
        ("/trigers", "there is no such key here; did you mean triggers?")
    ]
    assert given.faults(asked({"fact": "signals.confidnce", "under": 0.5})) == [
        ("/triggers/0/when/fact", "there is no fact signals.confidnce; did you mean signals.confidence?")
    ]


def test_two_triggers_cannot_share_a_name() -> None:
    twice = SMALLEST | {"triggers": [given.rule(), given.rule()]}
    assert given.faults(twice) == [("/triggers/1/name", "another trigger is called rule already")]


def test_no_timeout_approves() -> None:
    document = SMALLEST | {"expiry": {"seconds": 60, "outcome": "approve"}}
    assert given.faults(document) == [("/expiry/outcome", "nothing is ever approved by a timeout")]


def test_a_trigger_without_any_condition_must_say_that_it_is_meant() -> None:
    document = SMALLEST | {"triggers": [{"name": "t", "outcome": "review"}]}
    assert given.faults(document) == [("/triggers/0", "would fire for every action; write match: {} if that is meant")]


def test_a_share_written_as_percent_is_pointed_out() -> None:
    document = asked({"fact": "signals.confidence", "under": 70})
    assert given.faults(document) == [
        ("/triggers/0/when/under", "signals.confidence is a share between 0 and 1: write 0.7 for 70 %")
    ]


def test_conditions_nest_ten_deep_and_no_deeper() -> None:
    when: dict[str, Any] = {"cel": "true"}
    for _level in range(9):
        when = {"not": when}
    assert given.paths(asked(when)) == []
    assert given.paths(asked({"not": when})) == ["/triggers/0/when" + "/not" * 10]


def test_a_bottomless_document_is_refused() -> None:
    circle: dict[str, Any] = dict(SMALLEST)
    circle["description"] = circle
    assert given.faults(circle) == [("", "the document is nested deeper than 32 levels")]


def test_values_that_json_has_no_form_for_are_refused() -> None:
    with pytest.raises(PolicyError, match="put it in quotation marks"):
        parse(SMALLEST | {"description": Decimal(1)})


def test_more_rules_than_anybody_can_read_are_refused() -> None:
    rules = [given.rule(name=f"r{number}") for number in range(501)]
    assert given.faults(SMALLEST | {"triggers": rules}) == [("/triggers", "must have at most 500 entries")]
