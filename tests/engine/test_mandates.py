"""What an agent is there for: its written scope, enforced."""

from typing import Any

import pytest

from reviewqueue.engine.policy import parse
from tests.engine import given

pytestmark = pytest.mark.covers("R7", "R8", "R24")
SCOPE: dict[str, Any] = {
    "agent": ["shop-bot"],
    "owner": "pia",
    "review_by": "2027-01-31",
    "authorised": ["order_status", "Store hours"],
    "always_human": ["formal_complaint"],
    "by_confidence": [{"intent": ["refund"], "at_least": 0.8}],
}


def judged(*, scope: Any = None, **changes: Any) -> Any:
    policy = parse(given.document(scopes=[SCOPE | (scope or {})]))
    return given.evaluate(policy, given.facts(**changes))


@pytest.mark.parametrize(
    ("intent", "confidence", "mode"),
    [
        ("order_status", 0.1, "out_of_the_loop"),
        ("Order-Status", 0.1, "out_of_the_loop"),
        ("store_hours", 0.1, "out_of_the_loop"),
        ("refund", 0.8, "out_of_the_loop"),
        ("refund", 0.79, "in_the_loop"),
        ("refund", None, "in_the_loop"),
        ("formal_complaint", 1, "human_only"),
        ("something_new", 1, "in_the_loop"),
        ("order_status ", 1, "in_the_loop"),
        ("", 1, "in_the_loop"),
        (None, 1, "in_the_loop"),
    ],
)
def test_every_intent_goes_where_the_scope_says(intent: Any, confidence: Any, mode: str) -> None:
    assert judged(intent=intent, signals={"confidence": confidence}).mode == mode


def test_the_reason_names_the_scope_and_what_it_lacks() -> None:
    (reason,) = judged(intent="something_new").reasons
    assert (reason.trigger, reason.category) == ("scope of shop-bot: other intents", "scope")
    assert reason.says == (
        "intent “something_new” is not one of “order_status”, “Store hours”, “formal_complaint” and “refund”"
    )


def test_a_scope_of_many_intents_keeps_its_reason_short() -> None:
    many = {"authorised": [f"intent_{number}" for number in range(300)]}
    (reason,) = judged(scope=many, intent="something_new").reasons
    assert reason.says == "intent “something_new” is not one of the 302 that the rule names"


def test_other_agents_are_judged_by_the_rest_of_the_policy() -> None:
    assert judged(agent="other-bot", intent="something_new").mode == "out_of_the_loop"


def test_its_cases_go_to_its_queue() -> None:
    policy = parse(given.document(scopes=[SCOPE | {"queue": "orders"}]))
    assert given.evaluate(policy, given.facts(intent="something_new")).queue == "orders"
    assert "orders" in policy.queues_named()


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"agent": []}, "/scopes/0/agent", "must name at least one agent"),
        ({"owner": ""}, "/scopes/0/owner", "must be a text that is not empty"),
        ({"review_by": "soon"}, "/scopes/0/review_by", "must be a date such as 2027-01-31"),
        (
            {"authorised": ["faq*"]},
            "/scopes/0/authorised",
            "faq* is a pattern; a scope names each agent and each intent",
        ),
        ({"authorised": ["refund"]}, "/scopes/0", "names the intent refund twice; each has one place"),
        (
            {"by_confidence": [{"intent": ["a"], "at_least": 8}]},
            "/scopes/0/by_confidence/0/at_least",
            "must be a share",
        ),
        ({"by_confidence": [{"intent": ["a"]}]}, "/scopes/0/by_confidence/0", "the key at_least is missing"),
        ({"queue": "no such name"}, "/scopes/0/queue", "must be a name of letters"),
        ({"allowed": ["x"]}, "/scopes/0/allowed", "there is no such key here"),
        ({"authorised": [], "always_human": [], "by_confidence": []}, "/scopes/0", "names no intent"),
    ],
)
def test_a_faulty_scope_is_named_by_its_path(changes: Any, path: str, says: str) -> None:
    found = given.faults(given.document(scopes=[SCOPE | changes]))
    assert [(where, told[: len(says)]) for where, told in found][:1] == [(path, says)]


@pytest.mark.parametrize("missing", ["agent", "owner", "review_by"])
def test_agent_owner_and_review_are_required(missing: str) -> None:
    scope = {key: value for key, value in SCOPE.items() if key != missing}
    assert given.faults(given.document(scopes=[scope])) == [("/scopes/0", f"the key {missing} is missing")]


def test_a_trigger_that_is_switched_off_is_read_and_not_asked() -> None:
    off = given.rule({"fact": "intent", "is": "x"}, enabled=False)
    assert given.evaluate(given.policy(off), given.facts(intent="x")).reasons == ()
    assert given.paths(given.document(off | {"when": {"fact": "nothing", "is": 1}})) == ["/triggers/0/when/fact"]
