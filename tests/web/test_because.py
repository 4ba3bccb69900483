"""Reasons in the reader's language: every shape that the engine words, and nothing guessed of any other."""

import pytest
from django.utils.translation import override

from reviewqueue.engine import catalogue, policy_file, starting
from reviewqueue.queries.reason_words import LABELS, RULES
from reviewqueue.web import because

GERMAN = [
    ("refund 2790.00 EUR is over 500.00 EUR", "Erstattung 2.790,00 EUR liegt über 500,00 EUR"),
    ("refund 100.00 USD (92.00 EUR) is over 50.00 EUR", "Erstattung 100,00 USD (92,00 EUR) liegt über 50,00 EUR"),
    (
        "cancel order -12.50 EUR is at least 1.00 EUR",
        "cancel order \N{MINUS SIGN}12,50 EUR beträgt mindestens 1,00 EUR",
    ),
    ("confidence 68 % is under 70 %", "Sicherheit 68 % liegt unter 70 %"),
    ("customer since 2026-01-02 is over 2026-01-01", "Kunde seit 2026-01-02 liegt über 2026-01-01"),
    (
        "sentiment of the last 3 messages (0.6, 0.7, 0.8) is under 0.9",
        "Stimmung der letzten 3 Nachrichten (0,6, 0,7, 0,8) liegt unter 0,9",
    ),
    ("topics include “late”, “lost” and “fee”", "Themen enthalten „late“, „lost“ und „fee“"),
    ("intent is “refund”", "Anliegen ist „refund“"),
    ("customer wrote “sue you”", "Kunde schrieb „sue you“"),
    ("customer wrote “a” and customer wrote “b”", "Kunde schrieb „a“ und Kunde schrieb „b“"),
    ("customer wrote “he said “sue” and left”", "Kunde schrieb „he said “sue” and left“"),
    (
        "confidence 68 % is under 70 % and the action cannot be undone",
        "Sicherheit 68 % liegt unter 70 % und die Aktion ist unumkehrbar",
    ),
    (
        "refund value is unknown; the rule allows at most 200.00 EUR",
        "Erstattung ist unbekannt; die Regel erlaubt höchstens 200,00 EUR",
    ),
    (
        "fee 9.00 ZWL, for which the policy has no rate, counts as unknown; the rule allows at most 200.00 EUR",
        "fee 9,00 ZWL hat keinen Kurs im Regelwerk und gilt als unbekannt; die Regel erlaubt höchstens 200,00 EUR",
    ),
    (
        "whether the action can be undone is unknown; the rule asks whether it is false",
        "es ist unbekannt, ob gilt: die Aktion ist umkehrbar",
    ),
    (
        "intent cancellation and action cancel_order is always reviewed",
        "Anliegen cancellation und Aktion cancel_order wird immer geprüft",
    ),
    ("every proposal always goes to a person", "jeder Vorschlag geht immer zu einem Menschen"),
    ("the agent wren-chat is paused", "der Agent wren-chat ist pausiert"),
    (
        "the rule angry could not be evaluated (ValueError) and counts as fired",
        "die Regel angry ließ sich nicht auswerten (ValueError) und gilt als ausgelöst",
    ),
    (
        "Daily: 900.00 of 1000.00 EUR are used in the last day by agent bot; 200.00 EUR more is too much",
        "Daily: 900,00 von 1.000,00 EUR sind am letzten Tag durch Agent bot verbraucht; 200,00 EUR mehr sind zu viel",
    ),
    ("written by the contact form: Delivery", "über das Kontaktformular geschrieben: Delivery"),
    ("Sofia W. stepped in", "Sofia W. hat sich eingeschaltet"),
    # Of no shape that the engine has.
    ("the condition size(topics) > 2 holds", "the condition size(topics) > 2 holds"),
    ("confidence 68 % is under 70 % and nobody knows", "confidence 68 % is under 70 % and nobody knows"),
    ("x" * 3000, "x" * 3000),
]


@pytest.mark.parametrize(("says", "german"), GERMAN)
def test_a_reason_is_told_in_the_readers_language(says: str, german: str) -> None:
    with override("de"):
        assert because.told(says) == german


# Told in other words, or with separators.
REWORDED = ("2790.00 EUR", "1000.00 EUR", "-12.50", "is unknown", "counts as unknown")


@pytest.mark.parametrize("says", [says for says, _german in GERMAN if not any(each in says for each in REWORDED)])
def test_in_english_it_is_the_sentence_of_the_engine(says: str) -> None:
    with override("en"):
        assert because.told(says) == says


def test_sums_stand_as_people_write_them() -> None:
    with override("en"):
        assert because.told("refund 2790.00 EUR is over 500.00 EUR") == "refund 2,790.00 EUR is over 500.00 EUR"
        assert (because.measured("2790.00"), because.measured("late, lost")) == ("2,790.00", "late, lost")


def test_every_fact_and_every_rule_of_the_starting_policy_has_a_name() -> None:
    labels = {fact.label for fact in catalogue.FACTS.values() if fact.kind is not catalogue.Kind.FLAG}
    assert labels - set(LABELS) == set()
    assert {trigger["name"] for trigger in policy_file.load(starting.FILE.read_text())["triggers"]} - set(
        RULES
    ) == set()
    with override("en"):
        # As every other rule is named.
        assert {name: because.rule(name) for name in RULES} == {name: name.replace("-", " ") for name in RULES}


def test_a_value_that_nobody_knows_is_told_in_the_readers_language() -> None:
    with override("de"):
        assert (because.measured("unknown"), because.measured("200.00 EUR")) == ("unbekannt", "200,00 EUR")
