"""Numbers are read exactly, or not at all."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine.amounts import Rates, exact, is_currency, percent, plain, size_of, with_cents

RATES = Rates("EUR", {"USD": Decimal("0.92"), "JPY": Decimal("0.0061")})


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        (0.7, "0.7"),
        ("0.70", "0.7"),
        (350, "350"),
        ("350.00", "350"),
        ("-12.5", "-12.5"),
        ("+3", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        (1e-7, "0.0000001"),
        (Decimal("2.50"), "2.5"),
        (0, "0"),
        (-0.0, "0"),
        ("0e99", "0"),
    ],
)
def test_numbers_are_read_from_numbers_and_from_strings(sent: Any, number: str) -> None:
    assert exact(sent) == Decimal(number)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        True,
        False,
        "",
        " 350",
        "350 ",
        "350,00",
        "1,000.00",
        "1_000",
        "ten",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "1e999",
        "1e31",
        "1e-31",
        "9" * 41,
        "٣٥٠",  # digits that Python reads and other programs do not
        "\uff13\uff15\uff10",
        "3\n",
        "--3",
        float("nan"),
        float("inf"),
        1e300,
        10**40,
        Decimal("NaN"),
        Decimal("Infinity"),
        [350],
        {"amount": 350},
    ],
)
def test_what_is_no_plain_number_is_unknown(sent: Any) -> None:
    assert exact(sent) is None


@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_a_double_is_the_decimal_that_was_written(number: float) -> None:
    read = exact(number)
    assert read is None or float(read) == number


@pytest.mark.parametrize(
    ("number", "text"), [("0.620", "0.62"), ("350", "350"), ("1E+2", "100"), ("-0.50", "-0.5"), ("0.00", "0")]
)
def test_numbers_are_written_without_ornament(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "text"), [("350", "350.00"), ("349.6", "349.60"), ("0.125", "0.125"), ("1E+3", "1000.00")]
)
def test_money_is_written_with_its_cents(number: str, text: str) -> None:
    assert with_cents(Decimal(number)) == text


def test_shares_are_written_as_percent() -> None:
    assert [percent(Decimal(share)) for share in ("0.62", "0.625", "1", "0")] == ["62 %", "62.5 %", "100 %", "0 %"]


def test_money_in_the_policys_currency_is_worth_itself() -> None:
    money = RATES.money({"amount": "350.00", "currency": "EUR"})
    assert (money.worth, money.sent) == (Decimal(350), "350.00 EUR")


def test_money_in_another_currency_is_worth_what_the_rate_says_to_the_last_digit() -> None:
    money = RATES.money({"amount": "217.39130435", "currency": "USD"})
    assert (money.worth, money.sent) == (Decimal("200.0000000020"), "217.39130435 USD (200.000000002 EUR)")


def test_money_without_a_rate_is_worth_an_unknown_sum() -> None:
    money = RATES.money({"amount": "10.00", "currency": "ISK"})
    assert (money.worth, money.sent) == (None, "10.00 ISK, for which the policy has no rate")


@pytest.mark.parametrize(
    "value",
    [
        None,
        350,
        "350 EUR",
        {},
        {"amount": "350.00"},
        {"currency": "EUR"},
        {"amount": "350.00", "currency": "eur"},
        {"amount": "350.00", "currency": "EURO"},
        {"amount": "350.00", "currency": None},
        {"amount": "NaN", "currency": "EUR"},
        {"amount": True, "currency": "EUR"},
    ],
)
def test_money_that_cannot_be_read_is_unknown(value: Any) -> None:
    assert RATES.money(value).worth is None


@given(st.decimals(min_value=0, max_value=10**15, places=6), st.sampled_from(["EUR", "USD", "JPY"]))
def test_conversion_never_rounds(amount: Decimal, currency: str) -> None:
    rate = {"EUR": Decimal(1), **RATES.rates}[currency]
    worth = RATES.money({"amount": str(amount), "currency": currency}).worth
    assert worth is not None
    assert Fraction(worth) == Fraction(amount) * Fraction(rate)


def test_what_is_at_stake_has_no_sign() -> None:
    money = size_of(RATES.money({"amount": "-350.00", "currency": "EUR"}))
    assert money.worth == Decimal(350)


def test_currency_codes_are_three_capital_letters() -> None:
    codes = ["EUR", "eur", "EURO", "EU", "E1R", "ÄÖÜ", None, 1]
    assert [code for code in codes if is_currency(code)] == ["EUR"]
