"""What looks wrong in a policy without faults."""

from datetime import date
from typing import Any

import pytest

from reviewqueue.engine.lints import lints
from reviewqueue.engine.policy import parse
from reviewqueue.engine.starting import NAMES, starting_policy
from reviewqueue.engine.surroundings import Gap, Seen, Surroundings
from tests.engine import given

pytestmark = pytest.mark.covers("R34", "R133")
TODAY = date(2026, 11, 28)
REST = {"match": {}, "mode": "in_the_loop"}
READY = Surroundings(today=TODAY, people=frozenset({"pia"}), staffed=frozenset({"routine"}))
SCOPE = {"agent": ["shop-bot"], "owner": "pia", "review_by": "2027-01-31", "authorised": ["faq"]}


def found(*triggers: Any, desk: Surroundings | None = None, **changes: Any) -> list[tuple[str, str, str]]:
    document = given.document(*triggers, **({"oversight": [REST]} | changes))
    return [(str(one.severity), one.path, one.says) for one in lints(parse(document).document, desk)]


def desk(**changes: Any) -> Surroundings:
    held = {name: getattr(READY, name) for name in READY.__slots__}
    return Surroundings(**(held | changes))


def test_a_sound_policy_has_no_findings() -> None:
    assert found(given.rule({"fact": "action.value", "over": "5"}), desk=READY) == []


def test_an_oversight_rule_that_never_counts_is_named() -> None:
    hidden = {"match": {"intent": "faq"}, "mode": "out_of_the_loop"}
    assert found(oversight=[REST, hidden]) == [
        (
            "warning",
            "/oversight/1",
            "Oversight rule 2 never counts: rule 1 before it applies to the same, but says otherwise",
        ),
        ("hint", "/oversight", "No oversight rule applies to everything else; such actions wait for a person"),
    ]


def test_a_risk_level_that_never_counts_is_named() -> None:
    levels = [{"match": {}, "level": "low"}, {"match": {"action": "refund"}, "level": "critical"}]
    assert [path for _, path, _ in found(risk_levels=levels)] == ["/risk_levels/1"]


@pytest.mark.parametrize(
    "when",
    [
        {"all": [{"fact": "signals.sentiment", "over": 0.5}, {"fact": "signals.sentiment", "under": 0.5}]},
        {"all": [{"fact": "signals.sentiment", "at_least": 1}, {"fact": "signals.sentiment", "under": 1}]},
        {"all": [{"fact": "intent", "is": "faq"}, {"fact": "intent", "in": ["refund", "legal"]}]},
        {"all": [{"fact": "action.reversible", "is": True}, {"fact": "action.reversible", "is": False}]},
        {"fact": "signals.confidence", "over": 1, "if_unknown": "pass"},
        {"fact": "signals.confidence", "under": 0, "if_unknown": "pass"},
        {"fact": "signals.sentiment", "under": -1},
        {"fact": "conversation.sentiment", "over": 2, "for_last": 2},
        {"fact": "conversation.same_action_count", "at_most": -1},
        {"fact": "signals.topics", "under": 0},
        {"any": [{"fact": "signals.sentiment", "under": -2}, {"fact": "text.customer_messages", "under": 0}]},
    ],
)
def test_a_trigger_that_no_value_can_make_fire_is_named(when: Any) -> None:
    assert found(given.rule(when)) == [
        ("warning", "/triggers/0/when", "Rule can never fire: no value can be what it asks for")
    ]


@pytest.mark.parametrize(
    "when",
    [
        {"all": [{"fact": "action.value", "over": "5"}, {"fact": "action.value", "under": "5"}]},  # fires when unknown
        {"all": [{"fact": "signals.sentiment", "at_least": 1}, {"fact": "signals.sentiment", "at_most": 1}]},
        {"all": [{"fact": "signals.topics", "has_any": ["a"]}, {"fact": "signals.topics", "has_any": ["b"]}]},
        {"fact": "signals.confidence", "over": 1},  # fires when unknown
        {"fact": "signals.sentiment", "at_most": -1},
        {"fact": "signals.discount_percent", "over": 120},
        {"fact": "action.args.amount", "under": -5},
        {"any": [{"fact": "signals.sentiment", "under": -2}, {"fact": "signals.sentiment", "under": 0}]},
        {"not": {"fact": "signals.sentiment", "under": -2}},
        {"cel": "signals.confidence > 2.0"},
    ],
)
def test_a_trigger_that_can_fire_is_not(when: Any) -> None:
    assert found(given.rule(when)) == []


def test_a_trigger_that_another_one_covers_is_named_once() -> None:
    wide = given.rule({"fact": "action.value", "over": "100"}, name="wide", eyes=2)
    narrow = given.rule({"fact": "action.value", "over": "200"}, name="narrow")
    assert found(wide, narrow) == [("hint", "/triggers/1", "Narrow adds nothing: Wide asks as much")]
    assert found(narrow, wide) == [("hint", "/triggers/0", "Narrow adds nothing: Wide asks as much")]
    twin = wide | {"name": "twin"}
    assert found(wide, twin) == [("hint", "/triggers/1", "Twin adds nothing: Wide asks as much")]


@pytest.mark.parametrize("more", [{"outcome": "handoff"}, {"queue": "money"}, {"priority": "high"}, {"skills": ["a"]}])
def test_a_narrower_trigger_that_asks_for_more_is_not(more: Any) -> None:
    wide = given.rule({"fact": "action.value", "over": "100"}, name="wide")
    assert found(wide, given.rule({"fact": "action.value", "over": "200"}, name="narrow", **more)) == []


def test_what_is_free_and_always_held_contradicts_itself() -> None:
    free = {"match": {"intent": "refund"}, "mode": "out_of_the_loop"}
    always = given.rule(name="all-refunds", match={"intent": ["refund", "voucher"]})
    assert found(always, oversight=[free, REST]) == [
        ("warning", "/oversight/0", "Oversight rule 1 lets pass what All refunds always holds")
    ]


def test_of_two_triggers_for_the_same_that_name_different_queues_the_later_is_named() -> None:
    wide = given.rule({"fact": "action.value", "over": "100.00"}, name="wide", queue="billing")
    narrow = given.rule({"fact": "action.value", "over": "200.00"}, name="narrow", queue="legal")
    says = "The queue of Narrow never counts: Wide before it sends the same to billing"
    assert found(wide, narrow) == [("warning", "/triggers/1/queue", says)]
    for other in (narrow | {"outcome": "handoff"}, narrow | {"queue": "billing", "eyes": 2}):
        assert found(wide, other) == []
    assert found(narrow, wide) == []
    assert found(wide | {"enabled": False}, narrow) == [("hint", "/triggers/0", "Wide is switched off")]


def test_a_trigger_that_is_switched_off_is_named() -> None:
    off = given.rule({"fact": "intent", "is": "x"}, enabled=False)
    assert found(off) == [("hint", "/triggers/0", "Rule is switched off")]


def test_an_agent_in_two_scopes_is_named() -> None:
    says = "shop-bot has two scopes (also number 1); what one lets pass, the other holds"
    assert found(scopes=[SCOPE, SCOPE | {"authorised": ["refund"]}]) == [("warning", "/scopes/1", says)]


@pytest.mark.covers("R124", "R127", "R131")
def test_gates_without_people_are_serious() -> None:
    rules = [
        given.rule({"fact": "intent", "is": "a"}, name="one", queue="legal", skills=["law"]),
        given.rule({"fact": "intent", "is": "b"}, name="two", queue="legal"),
    ]
    assert found(*rules, desk=READY) == [
        (
            "serious",
            "/triggers/0",
            "Nobody who decides works in the queue legal, which 2 rules name; its cases would wait",
        ),
        (
            "warning",
            "/triggers/0",
            "Nobody has the skill law, for which one trigger asks; anybody of the queue gets those cases",
        ),
    ]
    staffed = desk(staffed=frozenset({"routine", "legal"}), skills=frozenset({"law"}))
    assert found(*rules, desk=staffed) == []


@pytest.mark.covers("R100", "R131", "R153")
def test_missing_owners_and_overdue_scopes_are_named() -> None:
    scope = SCOPE | {"owner": "gone", "review_by": "2026-11-27"}
    there = desk(agents={"shop-bot": True, "other-bot": False})
    assert [says for _, _, says in found(scopes=[scope], desk=there)] == [
        "The agent other-bot has no owner; nobody answers for it",
        "gone, who owns the scope of shop-bot, is nobody here",
        "The scope of shop-bot was to be looked at by 2026-11-27; its owner is gone",
        "The agent other-bot has no scope; the rest of the policy alone judges it",
    ]


def test_a_scope_is_not_overdue_on_its_day() -> None:
    there = desk(agents={"shop-bot": True})
    assert found(scopes=[SCOPE | {"review_by": "2026-11-28"}], desk=there) == []


@pytest.mark.covers("R8", "R98")
def test_what_came_in_and_no_rule_names_is_named() -> None:
    seen = (
        Seen("a", "refund", "tool_call", "refund_order", "EUR", 3),
        Seen("a", "warranty", "tool_call", "book_repair", "JPY", 2),
    )
    rules = [
        given.rule(name="money", match={"action": ["refund*"]}),
        given.rule({"any": [{"fact": "intent", "matches_any": ["(?i)fund"]}]}, name="word"),
    ]
    says = [
        "Amounts in JPY came in (2); without a rate they count as unknown",
        "No rule names the intent warranty (2), seen in 30 days; what holds for everything else decides",
        "No rule names the action book_repair (2), seen in 30 days; what holds for everything else decides",
    ]
    assert [told for _, _, told in found(*rules, desk=desk(seen=seen))] == says
    free = found(*rules, desk=desk(seen=seen), oversight=given.RELEASE_ALL)
    assert [grade for grade, _, told in free if told.startswith("No rule")] == ["warning", "warning"]


@pytest.mark.covers("R155")
@pytest.mark.parametrize("name", NAMES)
def test_no_policy_that_comes_with_the_desk_has_a_finding_of_its_own(name: str) -> None:
    document = parse(starting_policy(name)).document
    assert [one for one in lints(document) if one.severity != "hint"] == []


BUDGET: dict[str, Any] = {"name": "refunds", "match": {"action": ["refund*"]}, "within": "day", "sum": "300.00"}


@pytest.mark.parametrize(
    ("other", "paths"),
    [
        ({"name": "wide", "match": {}}, ["/budgets/0"]),
        ({"name": "small", "sum": "200.00"}, ["/budgets/0"]),
        ({"name": "large", "sum": "400.00"}, ["/budgets/1"]),
        ({"name": "same"}, ["/budgets/1"]),
        ({"name": "hourly", "within": "hour"}, []),
        ({"name": "each", "per": ["customer"]}, []),
        ({"name": "pausing", "sum": "400.00", "pause": "agent"}, []),
    ],
)
def test_a_budget_that_another_one_makes_superfluous_is_named(other: dict[str, Any], paths: list[str]) -> None:
    assert [path for _, path, _ in found(budgets=[BUDGET, BUDGET | other])] == paths


def test_a_budget_of_nothing_is_named() -> None:
    says = "The budget refunds lets nothing of what it covers run; a trigger says so plainly"
    assert found(budgets=[BUDGET | {"sum": 0}]) == [("hint", "/budgets/0", says)]


def test_wait_contracts_that_cannot_come_true_are_named() -> None:
    first = {"seconds": 90_000, "then": "callback", "message": {"en": "Hi", "de": "Hallo"}, "say": {"en": "Sorry"}}
    second = {"match": {"channel": ["chat"]}, "seconds": 600, "then": "chat"}
    assert found(wait=[first, second]) == [
        ("warning", "/wait/0/seconds", "The longest wait of contract 1 is 25 h, but cases expire after 1 d"),
        ("warning", "/wait/1", "Wait contract 2 never counts: contract 1 is for the same"),
        ("hint", "/wait/0", "Some customers read half: only one of the texts of contract 1 is written in de"),
    ]
    assert found(wait=[second]) == [
        ("hint", "/wait", "No wait contract is for all other cases; their customers may wait until they expire")
    ]


def test_a_call_that_nobody_makes_and_a_chat_that_nobody_joins_are_serious() -> None:
    chat = {"match": {"channel": ["chat"]}, "seconds": 600, "then": "chat", "queue": "talk"}
    findings = found(wait=[chat, {"seconds": 600, "then": "callback"}], desk=READY)
    said = "Nobody who decides works in the queue {}, which one rule names; its cases would wait"
    assert findings == [
        ("serious", "/wait/0", said.format("talk")),
        ("serious", "/wait/1", said.format("callbacks")),
    ]


LEGAL = given.rule({"fact": "action.value", "over": "5"}, queue="legal")


def test_a_gate_for_which_nobody_is_rostered_is_named_and_one_with_gaps_as_well() -> None:
    staffed = frozenset({"routine", "legal"})
    off = desk(staffed=staffed, gaps={"legal": Gap(90, 90, "2026-11-30 09:00")})
    assert found(LEGAL, desk=off) == [
        (
            "serious",
            "/triggers/0",
            "Nobody is rostered for the queue legal in the next 14 days; its cases would wait",
        )
    ]
    holes = desk(staffed=staffed, gaps={"legal": Gap(8.6, 90, "2026-12-01 09:00")})
    ((severity, path, says),) = found(LEGAL, desk=holes)
    assert (severity, path) == ("warning", "/triggers/0")
    assert says.startswith("Nobody is rostered for the queue legal in 9 of the 90 hours in which it is open")
    assert says.endswith("in the next 14 days, the first time on 2026-12-01 09:00")


def test_rules_for_agents_and_teams_that_are_not_here_are_named() -> None:
    here = desk(agents={"shop-bot": True}, teams=frozenset({"web"}))
    rules = [
        given.rule(name="one", match={"agent": ["Shop-*"], "team": "web"}),
        given.rule(name="two", match={"agent": ["shopbot"]}),
        given.rule(name="three", match={"team": ["phone"]}),
        given.rule(name="four", match={"agent": ["shopbot"]}, enabled=False),
    ]
    told = [one for one in found(*rules, desk=here) if one[0] == "warning"]
    assert told == [
        ("warning", "/triggers/1/match/agent", "A rule is for the agent shopbot, and no agent here is called so"),
        ("warning", "/triggers/2/match/team", "A rule is for the team phone, and no agent here belongs to it"),
    ]


def test_a_queue_that_is_not_here_is_named_where_somebody_works_in_all() -> None:
    everywhere = desk(staffed=None, queues=frozenset({"routine"}))
    says = "There is no queue legal here yet; publishing makes it"
    assert found(LEGAL, desk=everywhere) == [("hint", "/triggers/0", says)]


@pytest.mark.parametrize(
    ("when", "lost"),
    [
        ({"fact": "customer.tier", "is": "gold"}, "customer.tier"),
        ({"fact": "customer.attributes.score", "over": 3}, "customer.attributes.score"),
        (
            {"all": [{"fact": "signals.discount_percent", "over": 30}, {"fact": "intent", "is": "refund"}]},
            "signals.discount_percent",
        ),
        (
            {"any": [{"fact": "customer.tier", "is": "gold"}, {"fact": "signals.sentiment", "under": 0}]},
            "customer.tier, signals.sentiment",
        ),
    ],
)
def test_a_trigger_that_needs_what_nobody_sends_is_named(when: Any, lost: str) -> None:
    here = desk(looked_at=200, sent=frozenset({"intent", "action.value"}))
    says = f"Rule needs {lost}, which none of the last 200 cases had; it never fires"
    assert found(given.rule(when), desk=here) == [("hint", "/triggers/0/when", says)]
    assert found(given.rule(when), desk=desk(looked_at=99, sent=frozenset())) == []


@pytest.mark.parametrize(
    "when",
    [
        {"fact": "action.value", "over": "5"},
        {"fact": "signals.confidence", "under": 0.5},  # fires when unknown
        {"fact": "text.customer", "matches_any": ["x"]},
        {"any": [{"fact": "customer.tier", "is": "gold"}, {"fact": "intent", "is": "refund"}]},
        {"not": {"fact": "customer.tier", "is": "gold"}},
    ],
)
def test_a_trigger_that_fires_on_what_is_sent_or_unknown_is_not(when: Any) -> None:
    assert found(given.rule(when), desk=desk(looked_at=200, sent=frozenset({"intent", "action.value"}))) == []
