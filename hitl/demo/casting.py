"""Who is in an encounter: an invented customer with an invented order, drawn from one seeded stream of chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from random import Random

    from hitl.demo.scenarios.script import Scenario

_FIRST: Final = {
    "en": (
        *("Maya", "Tom", "Aoife", "Nadia", "Owen", "Priya", "Ruben", "Esme", "Callum", "Ines", "Hugo", "Leila", "Ewan"),
        *("Bea", "Cormac", "Dilys", "Farah", "Gwen", "Idris", "Jude", "Kit", "Lorcan", "Mabel", "Niamh", "Oskar"),
    ),
    "de": (
        *("Anke", "Jonas", "Mirjam", "Emre", "Lotte", "Torben", "Ayla", "Gesine", "Malte", "Svenja", "Ilja"),
        *("Henrike", "Bruno", "Carla", "Deniz", "Elif", "Frieda", "Gregor", "Hannes", "Jule", "Kaan", "Liv"),
    ),
}
_INITIALS: Final = "ABCDEFGHKLMNPRSTW"
_GOODS: Final = {
    "en": (
        ("Heron touring bicycle", 1490),
        ("Kestrel city bicycle", 980),
        ("Ibis folding bicycle", 1150),
        ("Pelican cargo trike", 3250),
        ("Swift e-bike", 2790),
        ("Plover children's bicycle", 410),
        ("Magpie trailer", 520),
    ),
    "de": (
        ("Reiher-Tourenrad", 1490),
        ("Falke-Stadtrad", 980),
        ("Ibis-Faltrad", 1150),
        ("Pelikan-Lastenrad", 3250),
        ("Segler-E-Bike", 2790),
        ("Elster-Anhänger", 520),
    ),
}
_STREETS: Final = {
    "en": ("Larch Lane", "Mill Row", "Orchard Rise", "Ferry Walk", "Tannery Yard", "Heath Close"),
    "de": ("Lärchenweg", "Mühlgasse", "Am Fährhaus", "Gerberhof", "Heidestraße", "Obstgarten"),
}
_CITIES: Final = {
    "en": (("Ashby Vale", "AV4 2LN"), ("Port Ellis", "PE1 7RD"), ("Kilbarrow", "KB3 9TS"), ("Wexmoor", "WX8 1HA")),
    "de": (("Altenfurth", "90475"), ("Seedorf", "23823"), ("Mühlbronn", "75417"), ("Nordhafen", "26434")),
}
_WEEKDAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
}
_COMPANIES: Final = ("Larkspur Couriers", "Hollowbrook Clinics", "Saltmarsh Estates", "Fennel & Rye Catering")
_PLANS: Final = ("Feather", "Wing", "Flock")
# What a customer of each kind has spent so far, in EUR, and how long ago the first order was, in days.
_HISTORY: Final = {
    "new": ((0, 60), (1, 20)),
    "regular": ((120, 850), (60, 900)),
    "gold": ((5200, 8900), (900, 1500)),
    "longstanding": ((2900, 4800), (4390, 4600)),
    "business": ((38000, 96000), (500, 1600)),
}
_TIERS: Final = {"gold": "gold", "business": "enterprise", "longstanding": "silver"}


@dataclass(frozen=True, slots=True)
class Cast:
    """The customer as the shop knows them, and the words for the templates of the scenario."""

    customer: dict[str, Any]
    words: dict[str, str]


def cast(scenario: Scenario, number: int, chance: Random, began_at: datetime) -> Cast:
    """Draw customer, order and sums; the same number, chance and moment give the same cast."""
    language = scenario.language
    first, initial = chance.choice(_FIRST[language]), chance.choice(_INITIALS)
    goods, price = chance.choice(_GOODS[language])
    words = {
        "first": first,
        "name": f"{first} {initial}.",
        "customer": f"cus_{20_000 + number}",
        "email": f"{first}.{initial}{number % 100}@post.example".lower(),
        "other_email": f"{first}{chance.randint(1970, 2008)}@letterbox.example".lower(),
        "order": f"WF-{10_000 + number * 37 % 90_000}",
        "product": goods,
        "invoice": f"INV-{2026_000 + number}",
        "company": chance.choice(_COMPANIES),
        "plan": chance.choice(_PLANS),
        "card": str(chance.randint(1000, 9999)),
        "tracking": f"WFX{chance.randint(10**8, 10**9 - 1)}",
    }
    words |= _sums(scenario, Decimal(price), chance) | _places(language, chance) | _days(language, chance, began_at)
    return Cast(_customer(scenario, words, chance, began_at), words)


def _sums(scenario: Scenario, price: Decimal, chance: Random) -> dict[str, str]:
    low, high = scenario.amount
    amount = Decimal(chance.randrange(low * 100, high * 100, 10)) / 100
    sums = {"price": price, "amount": amount, "half": amount / 2, "third": price * 35 / 100, "tenfold": amount * 10}
    words = {name: f"{value:.2f}" for name, value in sums.items()}
    return words | {f"{name}_de": value.replace(".", ",") for name, value in words.items()}


def _places(language: str, chance: Random) -> dict[str, str]:
    (old_city, old_postcode), (new_city, new_postcode) = chance.sample(_CITIES[language], 2)
    old_street, new_street = chance.sample(_STREETS[language], 2)
    return {
        "street": _numbered(old_street, language, chance),
        "city": old_city,
        "postcode": old_postcode,
        "new_street": _numbered(new_street, language, chance),
        "new_city": new_city,
        "new_postcode": new_postcode,
    }


def _numbered(street: str, language: str, chance: Random) -> str:
    number = chance.randint(1, 89)
    return f"{street} {number}" if language == "de" else f"{number} {street}"


def _days(language: str, chance: Random, began_at: datetime) -> dict[str, str]:
    today = began_at.date()
    past = today - timedelta(days=chance.randint(6, 18))
    day = f"{past.day}.{past.month}." if language == "de" else f"{past.day} {past:%B}"
    return {"weekday": chance.choice(_WEEKDAYS[language]), "date": day, "month_end": month_end(today).isoformat()}


def month_end(day: date) -> date:
    """The last day of this day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _customer(scenario: Scenario, words: dict[str, str], chance: Random, began_at: datetime) -> dict[str, Any]:
    kind = scenario.customer
    spent, tenure = (chance.randint(*bounds) for bounds in _HISTORY[kind])
    attributes = {
        "segment": "business" if kind == "business" else "consumer",
        "country": "DE" if scenario.language == "de" else "IE",
        "city": words["city"],
        "email": words["email"],
    }
    if kind == "business":
        attributes["company"] = words["company"]
    return {
        "id": words["customer"],
        "name": words["name"],
        "tier": _TIERS.get(kind, "standard"),
        "since": (began_at.date() - timedelta(days=tenure)).isoformat(),
        "lifetime_value": {"amount": f"{spent}.00", "currency": "EUR"},
        "attributes": attributes,
    }
