"""The starting policy errs towards a person, and every trigger category of the requirements is in it."""

from collections.abc import Mapping
from typing import Any

import pytest

from reviewqueue.engine.differences import differences
from reviewqueue.engine.policy import parse
from reviewqueue.engine.starting import NAMES, starting_policy
from reviewqueue.engine.triggers import Verdict, evaluate
from tests.engine import given
from tests.engine.given import action, reply, said

POLICY = parse(starting_policy())
HISTORY = {"now": given.NOW, "contacts_last_7_days": 1, "messages_last_minute": 1}
HARMLESS = ("store_hours", "opening_hours", "faq", "shipment_tracking", "order_status")


def judged(*actions: Mapping[str, Any], history: Mapping[str, Any] | None = None, **changes: Any) -> Verdict:
    """The verdict on a harmless answer, unless changed."""
    whole = {"intent": "store_hours", "messages": said("When do you open on Saturday?")} | changes
    return evaluate(POLICY, given.facts(*(actions or [reply()]), history={**HISTORY, **(history or {})}, **whole))


def fired(*actions: Mapping[str, Any], **changes: Any) -> set[str]:
    """The names of the rules that fired."""
    return {reason.trigger for reason in judged(*actions, **changes).reasons}


def signals(**changes: Any) -> dict[str, Any]:
    return {"signals": {"confidence": 0.95} | changes}


def wrote(*texts: str) -> dict[str, Any]:
    return {"messages": said(*texts)}


@pytest.mark.covers("R5", "R155", "R6")
@pytest.mark.parametrize("intent", HARMLESS)
def test_harmless_questions_are_answered_without_a_person(intent: str) -> None:
    found = judged(intent=intent)
    assert (found.mode, found.reasons, found.queue, found.risk) == ("out_of_the_loop", (), None, "low")


@pytest.mark.covers("R10")
@pytest.mark.parametrize("intent", [None, "", "refund", "something_new", "routing", "coverage_dispute", "faqs"])
def test_everything_else_waits_for_a_person(intent: str | None) -> None:
    assert judged(intent=intent).mode == "in_the_loop"


def watched(**changes: Any) -> dict[str, Any]:
    """A return of 120 EUR as many agents propose it: without a confidence, and without a word on whether it lasts."""
    priced = {"amount": "120.00", "currency": "EUR"}
    return action(name="return_delivered_order_items", value=priced, reversible=None) | changes


@pytest.mark.covers("R5", "R155")
@pytest.mark.parametrize("name", ["return_delivered_order_items", "exchange_order", "exchange_items", "create_return"])
def test_small_returns_and_exchanges_run_under_watch(name: str) -> None:
    found = judged(watched(name=name), intent=None, **signals(confidence=None))
    assert (found.mode, found.veto_seconds, found.reasons) == ("on_the_loop", 60, ())


@pytest.mark.covers("R9", "R10", "R14", "R29", "R30", "R154")
@pytest.mark.parametrize(
    ("changes", "said", "rules"),
    [
        ({"value": {"amount": "300.00", "currency": "EUR"}}, {}, set()),
        ({"value": {"amount": "300.01", "currency": "EUR"}}, {}, {"irreversible", "low-confidence"}),
        ({"value": None}, {}, {"irreversible", "low-confidence"}),
        ({"reversible": False}, {}, {"irreversible"}),
        ({}, signals(confidence=0.69), {"low-confidence"}),
        ({}, {"customer": {"tier": "gold"}}, {"important-customer", "cost-of-failure"}),
        ({}, {"customer": {"lifetime_value": {"amount": "9000.00", "currency": "EUR"}}}, set()),
        ({}, wrote("This is outrageous"), {"frustration"}),
    ],
)
def test_larger_or_doubtful_returns_wait_for_a_person(
    changes: dict[str, Any], said: dict[str, Any], rules: set[str]
) -> None:
    found = judged(watched(**changes), intent=None, **(signals(confidence=None) | said))
    assert {reason.trigger for reason in found.reasons} == rules
    assert found.mode == ("in_the_loop" if rules else "on_the_loop")


@pytest.mark.covers("R29", "R154")
def test_what_somebody_has_bought_weighs_once_more_than_little_is_at_stake() -> None:
    worth = {"lifetime_value": {"amount": "5000.01", "currency": "EUR"}}
    small, large = ({"value": {"amount": amount, "currency": "EUR"}} for amount in ("300.00", "300.01"))
    assert fired(watched(**small), customer=worth) == set()
    assert {"important-customer", "cost-of-failure"} <= fired(watched(**large), customer=worth)


@pytest.mark.covers("R10", "R30")
@pytest.mark.parametrize("intent", HARMLESS)
def test_a_harmless_intent_releases_no_action(intent: str) -> None:
    assert (
        judged(action(reversible=True, value={"amount": "1.00", "currency": "EUR"}), intent=intent).mode
        == "in_the_loop"
    )


@pytest.mark.covers("R2", "R79")
def test_an_agent_that_hands_over_reaches_a_person() -> None:
    assert judged(reply(kind="handoff", name="hand_over"), intent="faq").mode == "human_only"


@pytest.mark.covers("R14")
@pytest.mark.parametrize("confidence", [0.69, "0.5", None, "unsure"])
@pytest.mark.parametrize("intent", HARMLESS)
def test_low_and_unknown_confidence_is_held_whatever_the_intent(confidence: Any, intent: str) -> None:
    found = judged(intent=intent, **signals(confidence=confidence))
    assert (found.mode, [reason.trigger for reason in found.reasons]) == ("in_the_loop", ["low-confidence"])


@pytest.mark.covers("R14")
def test_seventy_percent_are_enough() -> None:
    assert fired(**signals(confidence=0.7)) == set()


@pytest.mark.covers("R15", "R139")
@pytest.mark.parametrize(
    ("amount", "currency", "rules"),
    [
        ("200.00", "EUR", set()),
        ("200.01", "EUR", {"refund-over-limit"}),
        ("350.00", "EUR", {"refund-over-limit"}),
        ("500.00", "EUR", {"refund-over-limit"}),
        ("500.01", "EUR", {"refund-over-limit", "refund-far-over-limit", "value-over-limit"}),
        ("217.00", "USD", set()),
        ("218.00", "USD", {"refund-over-limit"}),
        ("1.00", "ISK", {"refund-over-limit", "refund-far-over-limit"}),
    ],
)
def test_refunds_above_two_limits(amount: str, currency: str, rules: set[str]) -> None:
    refund = action(value={"amount": amount, "currency": currency})
    found = judged(refund, intent="refund")
    money = {reason.trigger for reason in found.reasons if reason.category == "financial"}
    assert (money, found.mode, found.queue) == (rules, "in_the_loop", "billing" if rules else "routine")


@pytest.mark.covers("R15")
def test_a_refund_of_unknown_value_counts_as_over() -> None:
    assert "refund-over-limit" in fired(action(value=None), intent="refund")


@pytest.mark.covers("R15")
def test_a_refund_larger_than_the_agent_says_is_noticed() -> None:
    slip = action(args={"amount": "3500.00"}, value={"amount": "35.00", "currency": "EUR"})
    assert "value-understated" in fired(slip, intent="refund")


@pytest.mark.covers("R16")
@pytest.mark.parametrize(("percent", "holds"), [(30, False), (30.5, True), ("31", True), (None, False)])
def test_discounts_over_thirty_percent(percent: Any, *, holds: bool) -> None:
    assert (fired(**signals(discount_percent=percent)) == {"discount-over-limit"}) is holds


@pytest.mark.covers("R16")
def test_a_discount_of_unknown_size_is_held() -> None:
    assert "discount-of-unknown-size" in fired(action(name="apply_discount"), intent="discount")


@pytest.mark.covers("R17")
@pytest.mark.parametrize(("amount", "holds"), [("50.00", False), ("50.01", True), ("?", True)])
def test_billing_disputes_above_a_sum_whatever_the_confidence(amount: str, *, holds: bool) -> None:
    credit = action(name="adjust_invoice", value={"amount": amount, "currency": "EUR"})
    found = fired(credit, intent="billing_dispute", **signals(confidence=1))
    assert ("billing-dispute" in found) is holds


@pytest.mark.covers("R19", "R144")
@pytest.mark.parametrize(
    "name", ["delete_account", "erase_customer_data", "anonymize_user", "crm.purge_profile", "deleteUser"]
)
def test_an_action_that_erases_needs_two_people_whatever_was_said(name: str) -> None:
    found = judged(action(name=name), intent="account")
    assert (found.mode, found.queue, found.eyes) == ("in_the_loop", "legal", 2)


@pytest.mark.covers("R20")
def test_two_very_negative_messages_are_handed_over() -> None:
    found = judged(messages=said("a", "b", sentiments=[-0.7, -0.61]))
    assert (found.mode, found.queue, [reason.trigger for reason in found.reasons]) == ("human_only", "angry", ["angry"])
    assert judged(messages=said("a", "b", sentiments=[-0.7, -0.6])).mode == "out_of_the_loop"


@pytest.mark.covers("R21")
def test_a_conversation_that_goes_in_circles_is_held() -> None:
    assert fired(history={"rounds_without_progress": 2}) == set()
    assert fired(history={"rounds_without_progress": 3}) == {"stalled"}
    assert fired(briefing={"attempted": ["a", "b", "c"]}) == {"stalled"}


@pytest.mark.covers("R21")
def test_the_third_identical_action_is_held() -> None:
    counts = [fired(action(), history={"same_action_count": {"call_1": count}}) for count in (2, 3)]
    assert ["repeated-action" in found for found in counts] == [False, True]


@pytest.mark.covers("R23")
@pytest.mark.parametrize("name", ["reset_password", "change_email", "disable_two_factor", "update_bank_account"])
def test_changes_of_access_go_to_security(name: str) -> None:
    assert judged(action(name=name), intent="account").queue == "security"


@pytest.mark.covers("R24", "R79")
@pytest.mark.parametrize(
    "changes", [signals(risk_flags=["out_of_scope"]), signals(risk_flags=["not-allowed"]), {"intent": "unsupported"}]
)
def test_what_the_agent_must_not_do_is_handed_over(changes: dict[str, Any]) -> None:
    assert judged(**changes).mode == "human_only"


@pytest.mark.covers("R26")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"briefing": {"missing": ["receipt"]}}, "missing-context"),
        (signals(risk_flags=["novel_situation"]), "novel-situation"),
        (signals(risk_flags=["hallucination_risk"]), "novel-situation"),
        ({"messages": [{"seq": 1, "role": "agent", "text": "Hello"}]}, "nothing-from-the-customer"),
    ],
)
def test_missing_context_and_novel_situations_are_held(changes: dict[str, Any], rule: str) -> None:
    found = judged(**changes)
    assert (found.mode, [reason.trigger for reason in found.reasons]) == ("in_the_loop", [rule])


@pytest.mark.covers("R27")
def test_floods_and_repeat_contacts_are_held() -> None:
    assert fired(history={"messages_last_minute": 5}) == set()
    assert fired(history={"messages_last_minute": 6}) == {"message-flood"}
    assert fired(history={"contacts_last_7_days": 2}) == set()
    assert fired(history={"contacts_last_7_days": 3}) == {"repeat-contact"}
    again = judged(watched(), history={"contacts_last_7_days": 3}, **signals(confidence=None))
    assert (again.mode, again.veto_seconds) == ("on_the_loop", 300)


@pytest.mark.covers("R28")
@pytest.mark.parametrize(
    "changes",
    [signals(risk_flags=["policy-exception"]), signals(risk_flags=["goodwill"]), {"intent": "return_exception"}],
)
def test_exceptions_from_the_policy_are_held(changes: dict[str, Any]) -> None:
    assert "policy-exception" in fired(**changes)


@pytest.mark.covers("R28")
def test_goodwill_money_goes_to_billing() -> None:
    found = judged(action(name="issue_voucher", value={"amount": "5.00", "currency": "EUR"}), intent="goodwill")
    assert (found.mode, found.queue) == ("in_the_loop", "billing")


@pytest.mark.covers("R29")
@pytest.mark.parametrize(
    ("customer", "rule"),
    [
        ({"tier": "vip"}, "important-customer"),
        ({"tier": "Enterprise"}, "important-customer"),
        ({"attributes": {"segment": "key_account"}}, "important-customer"),
        ({"lifetime_value": {"amount": "5000.01", "currency": "EUR"}}, "important-customer"),
        ({"since": "2010-01-01"}, "long-standing-customer"),
    ],
)
def test_important_customers_go_to_their_own_queue(customer: dict[str, Any], rule: str) -> None:
    found = judged(customer=customer)
    assert (found.mode, found.queue, [reason.trigger for reason in found.reasons]) == ("in_the_loop", "vip", [rule])


@pytest.mark.covers("R29")
@pytest.mark.parametrize(
    "customer",
    [None, {"tier": "standard"}, {"lifetime_value": {"amount": "5000.00", "currency": "EUR"}}, {"since": "2024-01-01"}],
)
def test_other_customers_are_not_held_for_who_they_are(customer: Any) -> None:
    assert fired(customer=customer) == set()


@pytest.mark.covers("R9", "R29", "R154")
def test_the_limit_is_lower_where_an_error_costs_more() -> None:
    refund = action(value={"amount": "60.00", "currency": "EUR"})
    assert "cost-of-failure" in fired(refund, intent="refund", customer={"tier": "silver"})
    assert "cost-of-failure" not in fired(refund, intent="refund", customer={"tier": "standard"})


@pytest.mark.covers("R30")
@pytest.mark.parametrize(
    ("proposed", "rule"),
    [
        (action(name="close_ticket", reversible=False), "irreversible"),
        (action(name="close_ticket", reversible=None), "irreversible"),
        (action(name="cancel_order", reversible=True), "cancellation"),
        (action(name="update_account", reversible=True), "account-change"),
        (action(name="change_address", reversible=True), "account-change"),
    ],
)
def test_what_cannot_be_taken_back_is_always_reviewed(proposed: dict[str, Any], rule: str) -> None:
    assert rule in fired(proposed, intent="faq")


@pytest.mark.covers("R31")
@pytest.mark.parametrize(
    "changes",
    [
        signals(topics=["delivery", "invoice", "warranty", "account"]),
        signals(risk_flags=["unclear"]),
        signals(topics=["multi-step"]),
    ],
)
def test_complex_requests_are_held(changes: dict[str, Any]) -> None:
    assert fired(**changes) == {"complex"}


@pytest.mark.covers("R12", "R31")
def test_many_actions_in_one_proposal_are_held() -> None:
    replies = [reply(call_id=f"call_{number}", args={"text": str(number)}) for number in range(4)]
    assert fired(*replies) == {"complex"}


@pytest.mark.covers("R70")
def test_the_starting_queues_are_these() -> None:
    assert POLICY.queues_named() == {"security", "billing", "legal", "angry", "vip", "cancellations", "routine"}


def test_it_undoes_for_ten_seconds_and_expires_after_a_day() -> None:
    assert (POLICY.undo_seconds, POLICY.expiry_seconds, POLICY.expiry_outcome) == (10, 86400, "expire")


@pytest.mark.covers("R32")
def test_every_trigger_has_a_category_and_a_reason_of_its_own() -> None:
    names = [trigger.name for trigger in POLICY.triggers]
    assert len(set(names)) == len(names)
    assert {trigger.category for trigger in POLICY.triggers} == {
        "change", "complexity", "confidence", "context", "emotion", "erasure", "financial", "frequency",
        "human_request", "legal", "policy", "scope", "security", "segment", "stall", "topic",
    }  # fmt: skip


OTHERS = {name: parse(starting_policy(name)) for name in NAMES}


def mode_under(name: str, *actions: Any, **changes: Any) -> str:
    return given.evaluate(OTHERS[name], given.facts(*actions, **changes)).mode


@pytest.mark.covers("R5", "R10", "R155")
def test_the_strict_policy_is_proved_to_give_no_less_scrutiny_anywhere() -> None:
    changes = differences(OTHERS["conservative"].document, OTHERS["strict"].document)
    assert [str(one) for one in changes if one.effect.loosens] == []


@pytest.mark.covers("R5", "R155")
@pytest.mark.parametrize(
    ("name", "intent", "action", "mode"),
    [
        ("strict", "store_hours", given.reply(), "in_the_loop"),
        ("e-mail-drafts", "store_hours", given.reply(), "in_the_loop"),
        ("first-phase", "store_hours", given.reply(), "on_the_loop"),
        ("first-phase", "order_status", given.reply(), "in_the_loop"),
        ("by-use-case", "shipment_tracking", given.reply(), "out_of_the_loop"),
        ("by-use-case", "billing_exception", given.reply(), "in_the_loop"),
        (
            "by-use-case",
            "account_update",
            given.action(name="update_phone", value={"amount": "0", "currency": "EUR"}, reversible=True),
            "on_the_loop",
        ),
        ("by-use-case", "account_update", given.action(name="update_phone"), "in_the_loop"),
    ],
)
def test_each_other_policy_starts_actions_where_it_says(name: str, intent: str, action: Any, mode: str) -> None:
    assert mode_under(name, action, intent=intent) == mode


@pytest.mark.covers("R44", "R146")
def test_drafted_mails_wait_in_a_queue_of_their_own() -> None:
    sent = given.proposal(given.reply(), intent="order_status")
    sent["conversation"]["channel"] = "email"
    seen = given.gather(sent, agent="any")
    assert given.evaluate(OTHERS["e-mail-drafts"], seen).queue == "drafts"


@pytest.mark.covers("R18", "R19", "R22")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["Delete my account", "I want to speak to someone", "My lawyer will sue you"])
def test_under_every_one_of_them_some_words_always_reach_a_person(name: str, text: str) -> None:
    messages = given.said(text)
    assert mode_under(name, given.reply(), intent="faq", messages=messages) in {"in_the_loop", "human_only"}
