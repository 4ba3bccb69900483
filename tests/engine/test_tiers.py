"""Costs of failure: one trigger whose limit differs by customer."""

from typing import Any

import pytest

from reviewqueue.engine import policy_file, tiers
from reviewqueue.engine.differences import differences
from reviewqueue.engine.lints import lints
from reviewqueue.engine.policy import parse
from tests.engine import given
from tests.engine.test_rerun import judged_alike

GOLD: dict[str, Any] = {"match": {"tier": ["gold", "platinum"]}, "over": "50.00"}
BUSINESS: dict[str, Any] = {"match": {"segment": "business"}, "over": "1000.00", "outcome": "handoff", "queue": "key"}
TWICE: dict[str, Any] = {"name": "large", "match": {"tier": "gold"}, "over": "500.00", "eyes": 2, "priority": "urgent"}
COSTS: dict[str, Any] = {
    "name": "costs",
    "match": {"kind": ["tool_call"]},
    "tiers": [GOLD, BUSINESS, TWICE],
    "outcome": "review",
    "queue": "vip",
}
AMOUNTS = ("12.00", "50.00", "50.01", "500.01", "1000.01", "12000.00", None)
CUSTOMERS: tuple[dict[str, Any], ...] = (
    {},
    {"tier": "gold"},
    {"tier": "platinum"},
    {"tier": "gold", "attributes": {"segment": "business"}},
)


def apart() -> list[dict[str, Any]]:
    """The same as triggers of their own, as they were written before."""
    shared = {"outcome": "review", "queue": "vip"}
    kinds = {"kind": ["tool_call"]}
    return [
        {"name": "costs: gold, platinum", "match": kinds | GOLD["match"], "when": over("50.00"), **shared},
        shared
        | {"name": "costs: business", "match": kinds | BUSINESS["match"], "when": over("1000.00")}
        | {"outcome": "handoff", "queue": "key"},
        shared
        | {"name": "costs: large", "match": kinds | TWICE["match"], "when": over("500.00")}
        | {"eyes": 2, "priority": "urgent"},
    ]


def over(limit: str) -> dict[str, Any]:
    return {"fact": "action.value", "over": limit}


def cases() -> list[dict[str, Any]]:
    return [given.facts(given.worth(amount), customer=customer) for amount in AMOUNTS for customer in CUSTOMERS]


def faults(*lines: Any, **more: Any) -> list[tuple[str, str]]:
    return given.faults(given.document(COSTS | {"tiers": list(lines)} | more))


@pytest.mark.covers("R9", "R154")
def test_one_trigger_gives_each_tier_a_limit_and_consequences_of_its_own() -> None:
    policy = given.policy(COSTS)

    def said(amount: str, **customer: Any) -> tuple[Any, ...]:
        found = given.evaluate(policy, given.facts(given.worth(amount), customer=customer))
        return found.mode, found.queue, found.eyes, [reason.trigger for reason in found.reasons]

    assert said("12000.00") == ("out_of_the_loop", None, 1, [])
    assert said("50.00", tier="gold") == ("out_of_the_loop", None, 1, [])
    assert said("50.01", tier="platinum") == ("in_the_loop", "vip", 1, ["costs: gold, platinum"])
    assert said("500.01", tier="gold") == ("in_the_loop", "vip", 2, ["costs: gold, platinum", "costs: large"])
    assert said("12000.00", attributes={"segment": "business"}) == ("human_only", "key", 1, ["costs: business"])


@pytest.mark.covers("R154")
def test_it_judges_as_triggers_of_their_own_do_one_by_one_and_in_columns() -> None:
    together, alone, facts = given.policy(COSTS), given.policy(*apart()), cases()
    found = [given.evaluate(together, each).as_json() for each in facts]
    assert found == [given.evaluate(alone, each).as_json() for each in facts]
    judged_alike(together, facts)


def test_the_trigger_s_own_condition_counts_as_well() -> None:
    policy = given.policy(COSTS | {"when": {"fact": "action.reversible", "is": False}, "tiers": [GOLD]})

    def held(*, reversible: bool) -> bool:
        refund = given.worth("80.00") | {"reversible": reversible}
        return given.evaluate(policy, given.facts(refund, customer={"tier": "gold"})).mode == "in_the_loop"

    assert (held(reversible=False), held(reversible=True)) == (True, False)


def test_what_is_watched_keeps_its_veto_window_and_what_is_held_has_none() -> None:
    line = {"match": {"tier": "gold"}, "over": "500.00", "outcome": "review"}
    rule = COSTS | {"outcome": "watch", "veto_seconds": 60, "tiers": [GOLD, line]}
    policy = given.policy(rule)

    def said(amount: str) -> tuple[str, int]:
        found = given.evaluate(policy, given.facts(given.worth(amount), customer={"tier": "gold"}))
        return found.mode, found.veto_seconds

    assert (said("60.00"), said("600.00")) == (("on_the_loop", 60), ("in_the_loop", 0))
    assert [one.get("veto_seconds") for one in tiers.lines(rule)] == [60, None]


def test_a_trigger_that_is_switched_off_asks_none_of_its_lines() -> None:
    assert given.policy(COSTS | {"enabled": False}).triggers == ()


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ({"match": {"tier": "gold"}}, "/tiers/0", "the key over is missing"),
        ({"over": "50.00"}, "/tiers/0", "the key match is missing"),
        ({"match": {}, "over": "50.00"}, "/tiers/0/match", "must say for whom this line is"),
        ({"match": {"kind": "reply"}, "over": "5"}, "/tiers/0/match/kind", "the trigger itself says kind already"),
        ({"match": {"teir": "gold"}, "over": "50.00"}, "/tiers/0/match/teir", "did you mean tier?"),
        ({"match": {"tier": "gold"}, "over": "much"}, "/tiers/0/over", "must be a number"),
        ({"match": {"tier": "gold"}, "over": "5", "if_unknown": "no"}, "/tiers/0/if_unknown", "must be one of"),
        ({"match": {"tier": "gold"}, "over": "5", "eyes": 3}, "/tiers/0/eyes", "a whole number from 1 to 2"),
        ({"match": {"tier": "gold"}, "over": "5", "outcome": "pass"}, "/tiers/0/outcome", "must be one of watch"),
        ({"match": {"tier": "gold"}, "over": "5", "queue": "a b"}, "/tiers/0/queue", "must be a name of letters"),
        ({"match": {"tier": "gold"}, "over": "5", "priority": "top"}, "/tiers/0/priority", "must be one of low"),
        ({"match": {"tier": "gold"}, "over": "5", "name": ""}, "/tiers/0/name", "must be a text that is not empty"),
        ({"match": {"tier": "gold"}, "under": "5", "over": "5"}, "/tiers/0/under", "there is no such key here"),
        ("gold", "/tiers/0", "must be a mapping"),
    ],
)
def test_every_fault_of_a_line_is_named_by_its_place(line: Any, path: str, says: str) -> None:
    found = faults(line)
    assert [at for at, _says in found] == [f"/triggers/0{path}"] * len(found)
    assert any(says in told for _at, told in found)


def test_no_lines_too_many_of_them_and_the_same_twice_are_faults() -> None:
    assert faults() == [("/triggers/0/tiers", "must have at least one entry")]
    assert faults(*[GOLD] * 51) == [("/triggers/0/tiers", "must have at most 50 entries")]
    assert faults(GOLD, GOLD) == [
        ("/triggers/0/tiers/1/name", "another trigger is called costs: gold, platinum already")
    ]
    many = [COSTS | {"name": f"costs-{number}", "tiers": [named(line) for line in range(50)]} for number in range(11)]
    says = "with the lines of their tiers these are more than 500 triggers"
    assert given.faults(given.document(*many)) == [("/triggers", says)]


def named(number: int) -> dict[str, Any]:
    return GOLD | {"name": str(number)}


def test_it_reads_as_a_sentence_for_each_line_and_back_as_it_was() -> None:
    text = policy_file.commented(given.document(COSTS))
    assert policy_file.load(text)["triggers"] == [COSTS]
    told = [line.removeprefix("# Actions of ") for line in text.splitlines() if line.startswith("# Actions of")]
    held, over = "are held for a person", "when the value is over"
    assert told == [
        f"customers of the tier gold or platinum {held} {over} 50.00 EUR or unknown. Queue vip.",
        f"the segment business are handed over to a person {over} 1000.00 EUR or unknown. Queue key.",
        f"customers of the tier gold {held}, by two people {over} 500.00 EUR or unknown. Queue vip. Priority urgent.",
    ]


@pytest.mark.covers("R34", "R154")
def test_a_line_that_adds_nothing_or_a_queue_without_people_is_found_at_its_place() -> None:
    idle = {"match": {"tier": "gold"}, "over": "90.00"}
    found = lints(parse(given.document(COSTS | {"tiers": [GOLD, idle]})).document)
    assert [(one.path, one.says) for one in found] == [
        ("/triggers/0/tiers/1", "Costs: gold adds nothing: Costs: gold, platinum asks as much")
    ]


@pytest.mark.parametrize(
    ("lines", "says", "effect"),
    [
        (
            [GOLD | {"over": "80.00"}],
            "held for a person: the value is over 80.00 EUR or unknown instead of over 50.00 EUR",
            "looser",
        ),
        (
            [GOLD | {"over": "20.00"}],
            "held for a person: the value is over 20.00 EUR or unknown instead of over 50.00 EUR",
            "stricter",
        ),
        ([GOLD | {"eyes": 2}], "two people decide instead of one", "stricter"),
        ([GOLD | {"outcome": "watch"}], "watched by a supervisor instead of held for a person", "looser"),
    ],
)
@pytest.mark.covers("R154")
def test_a_change_of_a_line_is_a_sentence_with_its_effect(lines: list[Any], says: str, effect: str) -> None:
    assert told([GOLD], lines) == [("/triggers/0/tiers/0", f"Costs: gold, platinum: {says}", effect)]


@pytest.mark.covers("R154")
def test_a_line_that_is_new_or_gone_says_what_it_does() -> None:
    does = (
        "Actions of customers of the tier gold are held for a person, by two people when the value is over 500.00 EUR"
    )
    more = "or unknown. Queue vip. Priority urgent."
    assert told([GOLD], [GOLD, TWICE]) == [("/triggers/0/tiers/1", f"Costs: large is new: {does} {more}", "stricter")]
    assert told([GOLD, TWICE], [GOLD]) == [("/triggers/1", f"Costs: large is gone: {does} {more}", "looser")]


def told(before: list[Any], after: list[Any]) -> list[tuple[str, str, str]]:
    old, new = (parse(given.document(COSTS | {"tiers": lines})).document for lines in (before, after))
    return [(one.path, one.says, str(one.effect)) for one in differences(old, new)]


def test_triggers_that_become_lines_of_one_are_the_same_policy() -> None:
    found = differences(parse(given.document(*apart())).document, parse(given.document(COSTS)).document)
    assert [str(one) for one in found] == ["Costs of failure are written otherwise and mean the same"]
