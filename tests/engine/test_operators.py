"""Every operator at its exact limit, on every kind of fact, known and unknown."""

from typing import Any

import pytest

from tests.engine.given import action, fires, reason, reply, said, worth

OVER_200 = {"fact": "action.value", "over": "200.00"}
UNDER_70 = {"fact": "signals.confidence", "under": 0.7}


def confidence(value: Any) -> dict[str, Any]:
    return {"signals": {"confidence": value}}


@pytest.mark.covers("R15")
@pytest.mark.parametrize(
    ("amount", "fired"),
    [
        ("199.99", False),
        ("200", False),
        ("200.00", False),
        ("200.000000000000000000001", True),
        ("200.01", True),
        ("350.00", True),
        (350, True),
        (200, False),
        (200.01, True),
        ("-350.00", True),
        ("0", False),
    ],
)
def test_over_is_strict_and_exact(amount: Any, *, fired: bool) -> None:
    assert fires(OVER_200, worth(amount)) is fired


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("over", False, False, True),
        ("at_least", False, True, True),
        ("under", True, False, False),
        ("at_most", True, True, False),
    ],
)
@pytest.mark.parametrize("limit", [200, "200", "200.00", 200.0])
def test_each_comparison_stands_on_its_side_of_the_limit(
    operator: str, limit: Any, *, below: bool, at: bool, above: bool
) -> None:
    when = {"fact": "action.value", operator: limit}
    assert [fires(when, worth(amount)) for amount in ("199.99", "200.00", "200.01")] == [below, at, above]


@pytest.mark.parametrize(
    ("currency", "amount", "fired"),
    [
        ("USD", "217.39", False),  # 199.9988 EUR
        ("USD", "217.40", True),  # 200.008 EUR
        ("GBP", "173.91", False),  # 199.9965 EUR
        ("GBP", "173.92", True),  # 200.008 EUR
    ],
)
def test_money_is_compared_in_the_policys_currency(currency: str, amount: str, *, fired: bool) -> None:
    assert fires(OVER_200, worth(amount, currency)) is fired


@pytest.mark.covers("R15", "R54")
def test_the_reason_names_the_sum_and_the_limit() -> None:
    found = reason(OVER_200)
    assert (found.says, found.observed, found.threshold) == (
        "refund 350.00 EUR is over 200.00 EUR",
        "350.00",
        "200.00",
    )


def test_the_reason_names_the_converted_sum_too() -> None:
    found = reason(OVER_200, worth("380.00", "USD"))
    assert (found.says, found.observed) == ("refund 380.00 USD (349.60 EUR) is over 200.00 EUR", "349.60")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "refund value is unknown; the rule allows at most 200.00 EUR"),
        ({"amount": "ten", "currency": "EUR"}, "refund value is unknown; the rule allows at most 200.00 EUR"),
        ({"amount": "NaN", "currency": "EUR"}, "refund value is unknown; the rule allows at most 200.00 EUR"),
        ({"amount": "1e400", "currency": "EUR"}, "refund value is unknown; the rule allows at most 200.00 EUR"),
        ({"amount": True, "currency": "EUR"}, "refund value is unknown; the rule allows at most 200.00 EUR"),
        ({"amount": "5.00", "currency": "euro"}, "refund value is unknown; the rule allows at most 200.00 EUR"),
        (
            {"amount": "5.00", "currency": "ISK"},
            "refund 5.00 ISK, for which the policy has no rate, counts as unknown; the rule allows at most 200.00 EUR",
        ),
    ],
)
def test_money_that_is_not_known_counts_as_over(value: Any, says: str) -> None:
    found = reason(OVER_200, action(value=value))
    assert (found.says, found.observed) == (says, "unknown")


@pytest.mark.parametrize("kind", ["reply", "question", "handoff"])
def test_talk_without_a_value_moves_no_money(kind: str) -> None:
    assert not fires(OVER_200, reply(kind=kind))
    assert fires({"fact": "action.value", "at_most": "0.00"}, reply(kind=kind))


def test_talk_with_a_value_is_judged_by_it() -> None:
    assert fires(OVER_200, reply(value={"amount": "350.00", "currency": "EUR"}))
    assert fires(OVER_200, reply(value={"amount": "lots", "currency": "EUR"}))


@pytest.mark.covers("R14")
@pytest.mark.parametrize(
    ("sent", "fired"),
    [(0.7, False), (0.6999999, True), ("0.7", False), ("0.70", False), (0.71, False), (1, False), (0, True)],
)
def test_confidence_at_the_limit_is_enough(sent: Any, *, fired: bool) -> None:
    assert fires(UNDER_70, **confidence(sent)) is fired


@pytest.mark.covers("R14", "R54")
def test_confidence_reads_as_percent() -> None:
    found = reason(UNDER_70, **confidence(0.62))
    assert (found.says, found.observed, found.threshold) == ("confidence 62 % is under 70 %", "0.62", "0.7")


@pytest.mark.covers("R14")
@pytest.mark.parametrize("signals", [None, {}, {"confidence": None}, {"confidence": "high"}, {"confidence": True}])
def test_unknown_confidence_fires(signals: Any) -> None:
    found = reason(UNDER_70, signals=signals)
    assert found.says == "confidence is unknown; the rule needs at least 70 %"
    assert not fires(UNDER_70 | {"if_unknown": "pass"}, signals=signals)


def test_facts_other_than_money_and_confidence_pass_when_unknown_unless_told_otherwise() -> None:
    when = {"fact": "signals.discount_percent", "over": 30}
    assert not fires(when)
    found = reason(when | {"if_unknown": "fire"})
    assert found.says == "discount in percent is unknown; the rule allows at most 30"


def test_lifetime_value_is_money_and_keeps_its_sign() -> None:
    when = {"fact": "customer.lifetime_value", "over": "2000.00"}
    rich = {"lifetime_value": {"amount": "2400.00", "currency": "USD"}}
    assert reason(when, customer=rich).says == "lifetime value 2400.00 USD (2208.00 EUR) is over 2000.00 EUR"
    assert not fires(when, customer={"lifetime_value": {"amount": "-2400.00", "currency": "EUR"}})
    assert fires(when, customer=None)


@pytest.mark.parametrize(
    ("tier", "fired"), [("gold", True), ("Gold", True), ("GOLD", True), ("golden", False), ("", False), (None, False)]
)
def test_words_are_compared_whole_and_without_regard_to_case(tier: Any, *, fired: bool) -> None:
    assert fires({"fact": "customer.tier", "is": "gold"}, customer={"tier": tier}) is fired


def test_hyphens_spaces_and_underscores_are_one_in_names() -> None:
    when = {"fact": "intent", "in": ["order status", "billing-dispute"]}
    assert [fires(when, intent=intent) for intent in ("order_status", "Billing Dispute", "orderstatus")] == [
        True,
        True,
        False,
    ]


def test_in_says_the_word_it_found_and_keeps_the_list_as_threshold() -> None:
    found = reason({"fact": "customer.tier", "in": ["gold", "vip"]}, customer={"tier": "vip"})
    assert (found.says, found.observed, found.threshold) == (
        "customer tier is “vip”",
        "vip",
        "“gold”, “vip”",
    )


@pytest.mark.parametrize(("reversible", "fired"), [(False, True), (True, False), (None, True)])
def test_flags_are_true_false_or_unknown(reversible: Any, *, fired: bool) -> None:
    when = {"fact": "action.reversible", "is": False, "if_unknown": "fire"}
    assert fires(when, action(reversible=reversible)) is fired


def test_flags_speak_in_whole_sentences() -> None:
    when = {"fact": "action.reversible", "is": False, "if_unknown": "fire"}
    assert reason(when).says == "the action cannot be undone"
    assert reason(when, action(reversible=None)).says.startswith("whether the action can be undone is unknown; ")


def test_has_any_names_the_words_that_it_found() -> None:
    when = {"fact": "signals.risk_flags", "has_any": ["fraud", "prompt-injection"]}
    signals = {"risk_flags": ["late", "Prompt Injection"]}
    assert reason(when, signals=signals).says == "risk flags include “Prompt Injection”"
    assert not fires(when, signals={"risk_flags": ["late"]})
    assert not fires(when, signals={"risk_flags": []})
    assert not fires(when, signals={})
    assert fires(when | {"if_unknown": "fire"}, signals={})


def test_a_number_asked_of_a_list_is_asked_of_its_length() -> None:
    when = {"fact": "briefing.missing", "at_least": 2}
    assert reason(when, briefing={"missing": ["receipt", "photo"]}).says == (
        "number of missing pieces of information 2 is at least 2"
    )
    assert not fires(when, briefing={"missing": ["receipt"]})


@pytest.mark.covers("R18")
def test_patterns_quote_the_customers_words() -> None:
    when = {"fact": "text.customer", "matches_any": ["(?i)\\blawyer\\b", "(?i)\\bcourt\\b"]}
    found = reason(when, messages=said("I will see my Lawyer."))
    assert (found.says, found.observed) == ("customer wrote “Lawyer”", "Lawyer")
    assert found.threshold == "(?i)\\blawyer\\b | (?i)\\bcourt\\b"


def test_patterns_look_at_the_customers_words_alone() -> None:
    when = {"fact": "text.customer", "matches_any": ["(?i)lawyer"]}
    agent_and_tool = [
        {"seq": 1, "role": role, "text": "Is your lawyer involved?"} for role in ("agent", "tool", "human", "system")
    ]
    assert not fires(when, messages=agent_and_tool)


def test_patterns_decide_about_case_themselves() -> None:
    when = {"fact": "text.customer", "matches_any": ["lawyer"]}
    assert not fires(when, messages=said("LAWYER"))
    assert fires(when, messages=said("lawyer"))


@pytest.mark.parametrize(
    "text",
    [
        "my law\u200byer",
        "my l\u00adawyer",
        "my \uff4c\uff41\uff57\uff59\uff45\uff52",
        "my \u202elawyer",
        "my lawyer",
        "line one\nmy lawyer",
    ],
)
def test_hidden_characters_and_look_alike_letters_do_not_hide_a_word(text: str) -> None:
    assert fires({"fact": "text.customer", "matches_any": ["my lawyer"]}, messages=said(text))


def test_decomposed_umlauts_match_composed_ones() -> None:
    when = {"fact": "text.customer", "matches_any": ["(?i)kündig"]}
    assert fires(when, messages=said("Ich ku\u0308ndige den Vertrag"))
    assert fires(when, messages=said("KÜNDIGUNG"))


@pytest.mark.parametrize(
    ("args", "fired"),
    [
        ({"amount": "200.01"}, True),
        ({"amount": 200.01}, True),
        ({"amount": "200.00"}, False),
        ({"amount": {"amount": "380.00", "currency": "USD"}}, True),
        ({"amount": {"amount": "10.00", "currency": "USD"}}, False),
        ({"amount": "a lot"}, False),
        ({"amount": True}, False),
        ({}, False),
    ],
)
def test_arguments_are_compared_as_numbers_or_as_money(args: Any, *, fired: bool) -> None:
    assert fires({"fact": "action.args.amount", "over": 200}, action(args=args)) is fired


def test_arguments_are_reached_by_path() -> None:
    args = {"order": {"items": [{"price": "12.00"}, {"price": "99.00"}]}}
    assert fires({"fact": "action.args.order.items.1.price", "over": 50}, action(args=args))
    assert not fires({"fact": "action.args.order.items.0.price", "over": 50}, action(args=args))
    assert not fires({"fact": "action.args.order.items.2.price", "over": 50}, action(args=args))


@pytest.mark.parametrize(
    ("asked", "value", "fired"),
    [
        (True, True, True),
        (True, "true", False),
        (True, 1, False),
        (1, True, False),
        (1, 1.0, True),
        ("1.0", 1, True),
        ("abc", "ABC", True),
        ("abc", ["abc"], False),
    ],
)
def test_free_values_are_compared_by_their_kind(asked: Any, value: Any, *, fired: bool) -> None:
    assert fires({"fact": "action.args.x", "is": asked}, action(args={"x": value})) is fired


def test_a_free_value_may_be_one_word_or_a_list_of_them() -> None:
    when = {"fact": "customer.attributes.labels", "has_any": ["vip"]}
    assert fires(when, customer={"attributes": {"labels": ["new", "VIP"]}})
    assert fires(when, customer={"attributes": {"labels": "vip"}})
    assert not fires(when, customer={"attributes": {"labels": ["new"]}})


@pytest.mark.parametrize(("since", "fired"), [("2022-12-31", True), ("2023-01-01", False), ("soon", False)])
def test_dates_are_compared_as_days(since: str, *, fired: bool) -> None:
    assert fires({"fact": "customer.since", "under": "2023-01-01"}, customer={"since": since}) is fired
