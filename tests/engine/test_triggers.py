"""How oversight, triggers and brakes add up to one verdict."""

import json
from dataclasses import replace
from typing import Any

import pytest

from reviewqueue.engine import triggers
from reviewqueue.engine.conditions import AllOf
from reviewqueue.engine.triggers import Verdict
from reviewqueue.engine.view import View
from tests.engine import given
from tests.engine.given import action, reply

MODES = ["out_of_the_loop", "on_the_loop", "in_the_loop", "human_only"]
OUTCOMES = {"watch": "on_the_loop", "review": "in_the_loop", "handoff": "human_only"}


def rule(name: str, outcome: str = "review", **changes: Any) -> dict[str, Any]:
    return {"name": name, "category": "test", "match": {}, "outcome": outcome} | changes


def judged(*rules: dict[str, Any], mode: str = "out_of_the_loop", **changes: Any) -> Verdict:
    policy = given.policy(*rules, oversight=[{"match": {}, "mode": mode}])
    return given.evaluate(policy, given.facts(**changes))


@pytest.mark.covers("R3", "R4")
def test_the_first_oversight_entry_that_matches_gives_the_mode() -> None:
    oversight = [
        {"match": {"intent": ["faq"]}, "mode": "out_of_the_loop"},
        {"match": {"intent": ["?*"], "kind": ["reply"]}, "mode": "on_the_loop", "veto_seconds": 30},
        {"match": {"action": ["erase*"]}, "mode": "human_only"},
        {"match": {}, "mode": "in_the_loop"},
    ]
    policy = given.policy(oversight=oversight)
    proposals = [
        given.facts(reply(), intent="faq"),
        given.facts(reply(), intent="refund"),
        given.facts(action(name="erase_account"), intent="refund"),
        given.facts(action(), intent="refund"),
        given.facts(reply(), intent=None),
    ]
    assert [given.evaluate(policy, facts).mode for facts in proposals] == [
        *MODES[:2],
        "human_only",
        *["in_the_loop"] * 2,
    ]


def test_where_no_entry_matches_a_person_decides() -> None:
    policy = given.policy(oversight=[{"match": {"intent": ["faq"]}, "mode": "out_of_the_loop"}])
    assert given.evaluate(policy, given.facts()).mode == "in_the_loop"


@pytest.mark.covers("R2")
@pytest.mark.parametrize("base", MODES)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_fired_trigger_can_only_make_things_stricter(base: str, outcome: str) -> None:
    expected = max(base, OUTCOMES[outcome], key=MODES.index)
    assert judged(rule("r", outcome), mode=base).mode == expected


def test_a_veto_window_belongs_to_what_is_watched() -> None:
    watched = [{"match": {}, "mode": "on_the_loop", "veto_seconds": 30}]
    seconds = [
        given.evaluate(given.policy(*rules, oversight=oversight), given.facts()).veto_seconds
        for rules, oversight in (
            ([], watched),
            ([rule("w", "watch", veto_seconds=90)], watched),
            ([rule("w", "watch", veto_seconds=5)], watched),
            ([rule("w", "watch", veto_seconds=5)], given.RELEASE_ALL),
            ([rule("w", "watch")], given.RELEASE_ALL),
            ([rule("w", "watch", veto_seconds=90), rule("r")], watched),
        )
    ]
    assert seconds == [30, 90, 30, 5, 0, 0]


@pytest.mark.covers("R36", "R67", "R70")
def test_the_strictest_rule_names_the_queue() -> None:
    rules = [
        rule("watched", "watch", queue="first"),
        rule("reviewed", queue="second"),
        rule("handed", "handoff"),
        rule("handed too", "handoff", queue="third"),
        rule("last", "handoff", queue="fourth"),
    ]
    assert judged(*rules).queue == "third"
    assert judged(*rules[:3]).queue == "second"
    assert judged(*rules[:1]).queue == "first"


def test_without_a_named_queue_held_cases_go_to_the_default_and_released_ones_nowhere() -> None:
    assert (judged(rule("r")).queue, judged().queue) == ("routine", None)
    own = given.policy(rule("r"), default_queue="front-desk")
    assert given.evaluate(own, given.facts()).queue == "front-desk"
    of_entry = given.policy(rule("r"), oversight=[{"match": {}, "mode": "in_the_loop", "queue": "orders"}])
    assert given.evaluate(of_entry, given.facts()).queue == "orders"


@pytest.mark.covers("R65")
@pytest.mark.parametrize(
    ("priorities", "expected"),
    [
        ([], "normal"),
        (["low"], "low"),
        (["low", None], "normal"),
        (["normal", "urgent", "high"], "urgent"),
    ],
)
def test_the_highest_priority_wins(priorities: list[str | None], expected: str) -> None:
    rules = [rule(f"r{n}", **({"priority": one} if one else {})) for n, one in enumerate(priorities)]
    assert judged(*rules).priority == expected


def test_the_most_eyes_win_and_skills_add_up_at_the_strictest_outcome() -> None:
    rules = [
        rule("a", "watch", eyes=2, skills=["nothing"]),
        rule("b", skills=["billing", "english"]),
        rule("c", skills=["legal", "billing"]),
    ]
    assert (judged(*rules).eyes, judged(*rules).skills) == (2, ("billing", "english", "legal"))
    assert (judged().eyes, judged().skills) == (1, ())


BIG = {
    "name": "big",
    "category": "financial",
    "match": {"kind": ["tool_call"]},
    "outcome": "review",
    "queue": "billing",
}


def test_together_the_strictest_action_decides_for_all() -> None:
    found = given.evaluate(given.policy(BIG), given.facts(action(), reply(), release="together"))
    assert [(one.call_id, one.mode, one.queue) for one in found.actions] == [
        ("call_1", "in_the_loop", "billing"),
        ("call_2", "in_the_loop", "billing"),
    ]
    assert [len(one.reasons) for one in found.actions] == [1, 0]


def test_each_action_is_judged_by_itself_when_the_proposal_says_so() -> None:
    found = given.evaluate(given.policy(BIG), given.facts(action(), reply(), release="each"))
    assert [(one.call_id, one.mode, one.queue) for one in found.actions] == [
        ("call_1", "in_the_loop", "billing"),
        ("call_2", "out_of_the_loop", None),
    ]
    assert (found.mode, found.queue) == ("in_the_loop", "billing")


def test_what_is_watched_together_shares_the_longest_window() -> None:
    oversight = [
        {"match": {"kind": ["reply"]}, "mode": "on_the_loop", "veto_seconds": 10},
        {"match": {"kind": ["tool_call"]}, "mode": "on_the_loop", "veto_seconds": 60},
    ]
    for release, expected in (("together", [60, 60]), ("each", [60, 10])):
        found = given.evaluate(given.policy(oversight=oversight), given.facts(action(), reply(), release=release))
        assert [one.veto_seconds for one in found.actions] == expected


def test_reasons_come_in_the_order_of_the_policy_and_once() -> None:
    rules = [
        rule("whole", when={"fact": "signals.confidence", "under": 1}),
        rule("each", match={"kind": ["tool_call"]}, when={"fact": "action.reversible", "is": False}),
        rule("sum", when={"fact": "action.value", "over": "100.00"}),
    ]
    first, second = action(), action(call_id="call_9", value={"amount": "120.00", "currency": "EUR"})
    found = given.evaluate(given.policy(*rules), given.facts(first, second))
    assert [(reason.trigger, reason.call_id, reason.observed) for reason in found.reasons] == [
        ("whole", None, "0.95"),
        ("each", "call_1", "false"),
        ("sum", "call_1", "350.00"),
        ("sum", "call_9", "120.00"),
    ]
    assert [reason.trigger for reason in found.actions[1].reasons] == ["whole", "each", "sum"]


def test_a_rule_without_condition_says_what_it_matched() -> None:
    (reason,) = judged(rule("cancel", match={"action": ["refund*"], "kind": ["tool_call"]})).reasons
    assert (reason.says, reason.observed, reason.threshold) == (
        "action refund_order and kind tool_call is always reviewed",
        "action refund_order and kind tool_call",
        "always",
    )
    assert judged(rule("all", "handoff")).reasons[0].says == "every proposal always goes to a person"


@pytest.mark.covers("R46")
def test_a_pause_holds_everything_and_says_why() -> None:
    policy = given.policy()
    sentences = ["Ana paused refunds: duplicate payouts", "the agent is paused"]
    found = triggers.evaluate(policy, given.facts(action(), reply(), release="each"), paused=sentences)
    assert [one.mode for one in found.actions] == ["in_the_loop", "in_the_loop"]
    assert [(reason.trigger, reason.category, reason.outcome, reason.says) for reason in found.reasons] == [
        ("paused", "brake", "review", sentence) for sentence in sentences
    ]


def test_a_pause_never_loosens() -> None:
    policy = given.policy(rule("h", "handoff"))
    assert triggers.evaluate(policy, given.facts(), paused=["paused"]).mode == "human_only"


def test_the_trace_names_every_rule_that_was_looked_at() -> None:
    rules = [
        rule("elsewhere", match={"intent": ["faq"]}, when={"fact": "signals.confidence", "under": 0.7}),
        rule("close", when={"fact": "signals.confidence", "under": 0.7}),
        rule("fired", match={"kind": ["tool_call"]}),
    ]
    assert judged(*rules).trace == [
        {"name": "elsewhere", "call_id": None, "matched": False, "fired": False, "observed": ""},
        {"name": "close", "call_id": None, "matched": True, "fired": False, "observed": "0.95"},
        {"name": "fired", "call_id": "call_1", "matched": True, "fired": True, "observed": "kind tool_call"},
    ]


def test_the_stored_trace_says_nothing_of_what_is_not_so() -> None:
    rules = [
        rule("elsewhere", match={"intent": ["faq"]}, when={"fact": "signals.confidence", "under": 0.7}),
        rule("close", when={"fact": "signals.confidence", "under": 0.7}),
        rule("fired", match={"kind": ["tool_call"]}),
    ]
    assert judged(*rules).as_json()["trace"] == [
        {"name": "elsewhere"},
        {"name": "close", "matched": True, "observed": "0.95"},
        {"name": "fired", "call_id": "call_1", "matched": True, "fired": True, "observed": "kind tool_call"},
    ]


def test_rules_about_the_case_are_looked_at_once_however_many_actions_there_are() -> None:
    policy = given.policy(
        rule("case", when={"fact": "signals.confidence", "under": 0.7}), rule("action", match={"kind": "*"})
    )
    found = given.evaluate(policy, given.facts(action(), reply()))
    assert [(line["name"], line["call_id"]) for line in found.trace] == [
        ("case", None),
        ("action", "call_1"),
        ("action", "call_2"),
    ]


class Broken(AllOf):
    """A condition with a fault of ours in it."""

    def truth(self, view: View) -> Any:  # noqa: ARG002 - the method of a condition
        raise ZeroDivisionError


def test_a_rule_that_cannot_be_evaluated_counts_as_fired() -> None:
    policy = given.policy(rule("fine", when={"fact": "signals.confidence", "under": 0.7}))
    broken = replace(policy, triggers=(replace(policy.triggers[0], when=Broken(())),))
    found = triggers.evaluate(broken, given.facts())
    assert (found.mode, found.reasons[0].says) == (
        "in_the_loop",
        "the rule fine could not be evaluated (ZeroDivisionError) and counts as fired",
    )


def test_facts_that_lack_everything_are_held() -> None:
    policy = given.policy(rule("low", when={"fact": "signals.confidence", "under": 0.7}))
    assert triggers.evaluate(policy, {}).mode == "in_the_loop"
    assert triggers.evaluate(policy, {"actions": [{}]}).mode == "in_the_loop"


def test_a_verdict_without_a_policy_holds_every_action() -> None:
    found = triggers.held(given.facts(action(), reply(), release="each"), says="A person must look.")
    assert [(one.call_id, one.mode, one.queue, one.risk) for one in found.actions] == [
        ("call_1", "in_the_loop", "routine", "high"),
        ("call_2", "in_the_loop", "routine", "low"),
    ]
    assert [reason.says for reason in found.reasons] == ["A person must look."]


def test_a_verdict_is_plain_json() -> None:
    found = given.evaluate(given.policy(BIG, rule("low", skills=["a"])), given.facts(action(), reply()))
    plain = found.as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["actions"][0]["reasons"][0] == {
        "trigger": "big",
        "category": "financial",
        "says": "kind tool_call is always reviewed",
        "observed": "kind tool_call",
        "threshold": "always",
        "outcome": "review",
        "call_id": "call_1",
    }
    assert (plain["skills"], plain["mode"], plain["eyes"]) == (["a"], "in_the_loop", 1)


@pytest.mark.covers("R5", "R9", "R154")
def test_the_same_error_weighs_differently_by_segment_and_value() -> None:
    tighter = rule(
        "renewals",
        match={"segment": ["business"]},
        when={"fact": "action.value", "over": "50.00"},
    )
    usual = rule("refunds", when={"fact": "action.value", "over": "500.00"})
    policy = given.policy(usual, tighter)

    def mode(amount: str, segment: str) -> str:
        customer = {"attributes": {"segment": segment}}
        return given.evaluate(policy, given.facts(given.worth(amount), customer=customer)).mode

    assert [mode("12.00", "private"), mode("120.00", "private"), mode("12000.00", "private")] == [
        "out_of_the_loop",
        "out_of_the_loop",
        "in_the_loop",
    ]
    assert [mode("12.00", "business"), mode("120.00", "business")] == ["out_of_the_loop", "in_the_loop"]
