"""What a draft claims is found, and each claim is looked up where it can be known."""

from calendar import month_name
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine import evidence
from reviewqueue.engine.evidence import Finding, Ground, Kind, Support

MONTHS = tuple(month_name)[1:]
MONATE = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)


def found(text: str) -> list[tuple[Kind, str]]:
    return [(claim.kind, claim.text) for claim in evidence.claims(text)]


def checked(text: str, *grounds: Ground) -> list[Finding]:
    return evidence.check(evidence.claims(text), grounds)


def supports(text: str, ground: str) -> list[Support]:
    return [finding.support for finding in checked(text, Ground("there", ground))]


@pytest.mark.covers("R56", "R57")
def test_amounts_dates_numbers_and_names_are_claims() -> None:
    text = "Dear Maya, we refund 350 EUR for order A-1. It left us on 12 May 2026 and cost you 10 % more."
    assert found(text) == [
        (Kind.NAME, "Maya"),
        (Kind.AMOUNT, "350 EUR"),
        (Kind.NUMBER, "A-1"),
        (Kind.DATE, "12 May 2026"),
        (Kind.AMOUNT, "10 %"),
    ]


@pytest.mark.parametrize(
    "text",
    ["Dear customer, thank you.", "We answer 24/7, within 24h, by the 3rd try.", "Sehr geehrte Damen und Herren", ""],
)
def test_what_states_no_fact_is_no_claim(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("We refund 350 to you.", ["350"]),
        ("You get a refund of 1,250.50 today.", ["1,250.50"]),
        ("The total will be: 89", ["89"]),
        ("You paid 40, and we credited 15.", ["40", "15"]),
        ("Wir erstatten Ihnen 350 zurück.", ["350"]),
        ("Der Preis beträgt 1.250,50.", ["1.250,50"]),
        ("It comes to 350.00 in the end.", ["350.00"]),
        ("Insgesamt 49,90 für beide.", ["49,90"]),
    ],
)
def test_sums_without_a_currency_are_claims(text: str, sums: list[str]) -> None:
    assert found(text) == [(Kind.AMOUNT, each) for each in sums]


@pytest.mark.parametrize(
    "text",
    [
        "We refund 20 items within 14 days.",
        "You paid 12 times; the price list has 30 pages.",
        "Use version 2.10, section 4.25, at 10.30 or from 8.15 am.",
        "Ab 12.05. gilt das, um 14.30 Uhr.",
        "The board is 12.50 inch wide and 5.25 x 3.75 cm.",
        "Address: 159 Hickory Lane, Suite 995.",
        "The card ending in 4127 has 500 pieces.",
        "Rated 4.75 stars by 98 people; 192.168 and 1.2.34 are none.",
        "159 Hickory Lane\nDenver, CO 80202\nUSA",
        "Denver, CO 80202 USA, TEL 3035550100",
        "It leaves from hall 12\nEUR pallets only",
        "Bring the PIN 4127 by 14 GMT.",
    ],
)
def test_other_numbers_are_no_sums(text: str) -> None:
    assert [text for kind, text in found(text) if kind is Kind.AMOUNT] == []


@pytest.mark.parametrize(
    ("claim", "ground", "support"),
    [
        ("We refund 350.", "paid 350 EUR", Support.FOUND),
        ("We refund 350.", '{"balance": 350}', Support.FOUND),
        ("We refund 350.", "I want my 350.00 back", Support.FOUND),
        ("It is 1,250.50 then.", "1250.5", Support.FOUND),
        ("We refund 350.", "335 EUR, order A-350", Support.NONE),
        ("We refund 350.", "350 % more", Support.NONE),
        ("We refund 350.00 EUR.", "it weighs 350 grams", Support.NONE),
    ],
)
def test_a_sum_without_a_currency_is_supported_by_its_number(claim: str, ground: str, support: Support) -> None:
    assert supports(claim, ground) == [support]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Thank you, Maya! It is done.", ["Maya"]),
        ("You are welcome, Maya Rossi. Goodbye.", ["Maya Rossi"]),
        ("Vielen Dank, Maya.", ["Maya"]),
        ("Thank you, Your order left us.", []),
        ("Thank you, sir! Thanks, Team!", []),
        ("Thanks,\nAcme Support.", []),
        ("Your Desk Lamp goes to Maple Drive in New York.", []),
    ],
)
def test_who_is_thanked_is_called_by_name(text: str, names: list[str]) -> None:
    assert found(text) == [(Kind.NAME, each) for each in names]


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("1.234,56 €", "paid 1,234.56 EUR"),
        ("1.234,56 €", '{"total": "1234.56"}'),
        ("350 EUR", "€350.00"),
        ("EUR 350", "350,00 Euro"),
        ("CHF 1'234.50", "1234.50 CHF"),
        ("$5", "USD 5.00"),
        ("10 %", "a 10 percent voucher"),
        ("350,- €", "350.00 EUR"),
        ("₹500", "INR 500"),
        ("order no. 4711", '{"order": 4711}'),
        ("Ihre Bestellung 471", "Nummer 471, bitte"),
        ("12 May 2026", "2026-05-12T08:00:00Z"),
        ("12 May", "on 12.05.2026"),
        ("12.05.2026", "May 12th, 2026"),
        ("12. Mai 2026", "2026-05-12"),
        ("03/04/2026", "on April 3, 2026"),
        ("03/04/2026", "on March 4, 2026"),
        ("order #4711", "my number 4711-B is wrong, mine is #4711"),
        ("order a-1234", "A1234"),
        ("Hallo Frau Müller", "Name: Sabine Müller"),
        ("Hi Maya's", "Maya Rossi"),
    ],
)
def test_the_same_fact_in_another_notation_is_support(claim: str, ground: str) -> None:
    assert supports(claim, ground) == [Support.FOUND]


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("350 EUR", "350 USD"),
        ("350 EUR", "335 EUR and order 350"),
        ("10 %", "it cost 10.00"),
        ("12 May 2026", "12 May 2025"),
        ("12.05.2026", "5 December 2026"),
        ("order A-1", "order A-11"),
        ("Dear Maya", "Mayan calendar"),
        ("1.234,56 €", "1.234 EUR"),
    ],
)
def test_a_fact_that_differs_is_no_support(claim: str, ground: str) -> None:
    assert supports(claim, ground) == [Support.NONE]


def test_it_says_where_the_support_stands() -> None:
    policy = Ground("Refund policy v7", "Gold customers get up to 400 EUR without asking.")
    (finding,) = checked("We refund 400 EUR.", policy)
    assert (finding.where, finding.quote) == ("Refund policy v7", "Gold customers get up to 400 EUR without asking.")


def test_what_only_the_agent_says_supports_nothing_by_itself() -> None:
    own, other = Ground("agent", "You get 400 EUR.", own=True), Ground("policy", "up to 400 EUR")
    assert [f.support for f in checked("400 EUR", own)] == [Support.OWN]
    assert [(f.support, f.where) for f in checked("400 EUR", own, other)] == [(Support.FOUND, "policy")]


def test_a_claim_made_twice_is_told_once() -> None:
    assert [f.claim.start for f in checked("400 EUR is 400 EUR.")] == [0]


def test_an_argument_is_a_claim_as_a_whole() -> None:
    stated = [evidence.amount("350.00", "EUR"), evidence.number("47")]
    supports = evidence.check(stated, [Ground("record", "Order 47123 about 350 EUR")])
    assert [(f.claim.text, f.support) for f in supports] == [("350.00 EUR", Support.FOUND), ("47", Support.NONE)]


def test_repeated_passages_of_a_source_are_found() -> None:
    source = "Rule 7. Gold customers get up to 400 EUR without asking. Others do not."
    spans = evidence.cited(source, ["We know that gold customers get up to 400 EUR, so here it is."])
    assert [source[start:end] for start, end in spans] == ["Gold customers get up to 400 EUR"]
    assert evidence.cited(source, ["Something else entirely was written here."]) == []


@given(st.decimals(min_value=0, max_value=999_999, places=2), st.booleans(), st.booleans())
def test_every_sum_is_found_in_the_other_language(value: Decimal, german_claim: bool, grouped: bool) -> None:  # noqa: FBT001 - hypothesis
    english = f"{value:,.2f}" if grouped else f"{value:.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    claim, ground = (german, english) if german_claim else (english, german)
    assert supports(f"{claim} EUR", f"paid €{ground} yesterday") == [Support.FOUND]


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_day_is_found_in_every_notation(day: date) -> None:
    english = f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
    notations = [day.isoformat(), f"{day:%d.%m.%Y}", english, f"{day.day}. {MONATE[day.month - 1]} {day.year}"]
    assert [supports(one, other) for one in notations for other in notations] == [[Support.FOUND]] * 16


@given(st.text(max_size=400))
def test_claims_are_stretches_of_the_text_in_order_and_apart(text: str) -> None:
    made = evidence.claims(text)
    assert [text[claim.start : claim.end] for claim in made] == [claim.text for claim in made]
    assert all(one.end <= other.start for one, other in pairwise(made))


@given(st.text(max_size=200) | st.text(alphabet="0123456789.,'\u00a0 ", max_size=30).map("We refund {}.".format))
def test_a_text_supports_each_of_its_own_claims(text: str) -> None:
    assert all(finding.support is Support.FOUND for finding in checked(text, Ground("itself", text)))


@given(st.text(alphabet="0123456789.,'€ %-/ABab", max_size=300), st.text(alphabet="0123456789.,'€ ", max_size=300))
def test_no_heap_of_digits_breaks_it(text: str, ground: str) -> None:
    assert all(finding.support in Support for finding in checked(text, Ground("g", ground)))
