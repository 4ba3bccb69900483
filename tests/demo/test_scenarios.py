"""What happens in the demo's shop: every story fits the wire and meets the policy as it was meant to."""

import json
import random
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hitl.demo.casting import cast
from hitl.demo.encounters import VERSIONS, Encounter
from hitl.demo.knowledge import ARTICLES
from hitl.demo.policy import demo_policy
from hitl.demo.scenarios import SCENARIOS
from hitl.demo.scenarios.script import Scenario
from hitl.demo.tools import TOOLS
from reviewqueue.engine import facts, policy, triggers
from tests.api.wire import AgentCaller
from tests.demo.conftest import NOON, encounter
from tests.house import tree

STORIES = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
REASONS = {"wrong_fact", "wrong_amount", "policy", "tone", "missing_information", "wrong_action", "unsafe", "other"}
# Of makers, shops, carriers, banks, chats and models; a text that names one of them is not invented.
REAL = re.compile(
    r"\b(amazon|ebay|paypal|klarna|visa|mastercard|stripe|dhl|ups|fedex|hermes|gls|dpd|deutsche post|royal mail|"
    r"shimano|bosch|sram|brompton|canyon|cube|trek|giant|specialized|gazelle|schwalbe|ortlieb|abus|decathlon|"
    r"gpt\S*|claude\S*|gemini\S*|llama\S*|mistral\S*|openai|anthropic|google|microsoft|apple|whatsapp|verbraucherzentrale|"
    r"berlin|hamburg|münchen|london|dublin|paris|wien)\b",
    re.IGNORECASE,
)
INSIDE = re.compile(r"^(?:from|import) (?:reviewqueue|audit|django|hitl\.(?!demo)\w+)", re.MULTILINE)
HOST = re.compile(r"(?:https?://|@)([\w.-]*\w)")


def wire(scenario: Scenario, number: int = 1) -> dict[str, Any]:
    return Encounter(scenario, number, NOON).proposal().as_json()


def verdict(document: dict[str, Any], agent: str) -> triggers.Verdict:
    history = {"now": NOON.isoformat(), "contacts_last_7_days": 1, "messages_last_minute": 1}
    seen = facts.gather(document, agent=agent, messages=document["conversation"]["messages"], history=history)
    return triggers.evaluate(policy.parse(demo_policy()), seen)


def texts(scenario: Scenario) -> str:
    """All that a reader may see of a scenario, rulings and answers included."""
    told = encounter(scenario.name)
    rulings = [told.said(ruling.says) for ruling in scenario.rulings]
    changes = [told.arguments(new) for ruling in scenario.rulings for new in (ruling.changes or {}).values()]
    answers = [told.said(answer) for answer in scenario.answers]
    return json.dumps([wire(scenario), rulings, changes, answers, told.said(scenario.takes_back)], ensure_ascii=False)


@STORIES
@pytest.mark.django_db
def test_the_desk_takes_every_proposal_as_it_stands(scenario):
    agent = AgentCaller(name=scenario.agent)
    answer = agent.post("/proposals", wire(scenario))
    assert (answer.status, answer.faults) == (201, [])


@STORIES
def test_the_policy_makes_of_every_story_what_was_meant(scenario):
    intended = scenario.intended
    for number in range(1, 6):
        ruled = verdict(wire(scenario, number), scenario.agent)
        assert (ruled.mode, ruled.queue or "routine", ruled.eyes) == (intended.mode, intended.queue, intended.eyes)


@STORIES
def test_every_action_fits_the_arguments_that_its_tool_takes(scenario):
    for action in wire(scenario)["actions"]:
        schema = TOOLS[action["name"]].schema
        assert [fault.message for fault in Draft202012Validator(schema).iter_errors(action["args"])] == []


@STORIES
def test_what_colleagues_change_still_fits_the_tool(scenario):
    told = encounter(scenario.name)
    for ruling in scenario.rulings:
        for position, changes in (ruling.changes or {}).items():
            action = wire(scenario)["actions"][position]
            changed = action["args"] | told.arguments(changes)
            assert changed != action["args"]
            faults = Draft202012Validator(TOOLS[action["name"]].schema).iter_errors(changed)
            assert [fault.message for fault in faults] == []


@STORIES
def test_colleagues_rule_as_the_desk_allows(scenario):
    ways = {ruling.way for ruling in scenario.rulings}
    reasons = {ruling.reason for ruling in scenario.rulings if ruling.way in {"edit", "reject"}}
    assert reasons <= REASONS
    assert bool(scenario.rulings) is not scenario.harmless
    assert not (scenario.intended.mode == "human_only" and ways & {"approve", "edit"})
    assert "ask" not in ways or scenario.answers


@STORIES
def test_a_conversation_has_three_to_nine_messages_each_with_its_time(scenario):
    messages = wire(scenario)["conversation"]["messages"]
    times = [message["at"] for message in messages]
    assert 3 <= len(messages) <= 9
    assert times == sorted(times)
    assert len(set(times)) == len(times)
    assert all("sentiment" in message for message in messages if message["role"] == "customer")


@STORIES
def test_nothing_and_nobody_real_is_named(scenario):
    said = texts(scenario)
    assert REAL.findall(said) == []
    assert [host for host in HOST.findall(said) if not host.endswith(".example")] == []


@STORIES
def test_no_blank_is_left_in_a_text(scenario):
    assert re.findall(r"\{[a-z_]+\}", texts(scenario)) == []


@STORIES
def test_sources_and_agents_exist(scenario):
    assert set(scenario.sources) <= ARTICLES.keys()
    assert scenario.agent in VERSIONS


def test_there_are_many_stories_in_two_languages_on_three_channels():
    stories = SCENARIOS.values()
    assert len(SCENARIOS) >= 40
    assert {story.language for story in stories} == {"en", "de"}
    assert sum(story.language == "de" for story in stories) >= 12
    assert {story.channel for story in stories} == {"chat", "email", "voice"}
    assert {story.ending for story in stories} == {"wait", "withdraw", "correct"}
    assert {story.release for story in stories} == {"together", "each"}
    assert {ruling.way for story in stories for ruling in story.rulings} == {
        "approve",
        "edit",
        "reject",
        "respond",
        "ask",
        "take_over",
    }


@pytest.mark.covers("R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R22", "R23", "R25", "R26", "R28", "R29")
def test_the_stories_together_fire_every_category_of_trigger():
    fired = {reason.category for story in SCENARIOS.values() for reason in verdict(wire(story), story.agent).reasons}
    declared = {trigger["category"] for trigger in demo_policy()["triggers"]}
    # A story of its own conversation cannot show what only many contacts or an agent's own limits bring about.
    assert fired == declared - {"frequency", "scope"}


def test_an_encounter_is_the_same_whenever_it_is_told():
    for story in SCENARIOS.values():
        assert wire(story, 7) == wire(story, 7)


def test_two_encounters_of_a_story_differ_in_people_orders_and_sums():
    story = SCENARIOS["refund-late-delivery"]
    first, second = wire(story, 1), wire(story, 2)
    for pick in ("dedupe_key", "conversation", "customer", "actions"):
        assert first[pick] != second[pick]


def test_the_cast_of_a_seed_is_the_same_people():
    story = SCENARIOS["moving-house"]
    assert cast(story, 4, random.Random(9), NOON) == cast(story, 4, random.Random(9), NOON)


def test_a_correction_names_the_case_that_it_replaces():
    story = SCENARIOS["thinks-better-of-the-sum"]
    first = Encounter(story, 3, NOON).proposal()
    second = Encounter(story, 3, NOON, supersedes="case_1").proposal()
    assert (first.supersedes, second.supersedes) == (None, "case_1")
    assert first.conversation.id == second.conversation.id
    assert first.dedupe_key != second.dedupe_key


def test_the_shop_does_nothing_but_through_the_client():
    """The desk's own modules are for preparing it; whoever acts in the shop speaks the wire."""
    acting = ("agents", "talks", "colleagues", "floor", "encounters", "casting", "shop", "notebook")
    for name in acting:
        source = (tree.ROOT / "hitl" / "demo" / f"{name}.py").read_text(encoding="utf-8")
        assert (
            re.findall(r"^(?:from|import) (?:reviewqueue|audit|django|hitl\.(?!demo)\w+)", source, re.MULTILINE) == []
        )
