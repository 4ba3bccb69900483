"""Is the customer asked for something that stands in the record already? Patterns, no model, English and German.

People hate to repeat themselves. A question that names the known value ("is it still maya@example.org?") confirms it
and asks for nothing again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reviewqueue.engine.wording import readable


@dataclass(frozen=True, slots=True)
class Known:
    """One fact of the record: of which kind, what it is, and where it stands (`customer`, `message 3`, ...)."""

    kind: str
    value: str
    where: str

    def as_json(self) -> dict[str, str]:
        """A plain mapping."""
        return {"kind": self.kind, "value": self.value, "where": self.where}


# How each kind of fact is called by those who ask for it.
_CALLED: Final[dict[str, str]] = {
    "order_number": r"(?:order (?:number|no\.?|id|reference|#)|bestell(?:nummer|nr\.?|-?nr)|auftrags(?:nummer|nr\.?))",
    "email": r"(?:e-?mail(?:[ -]?add?ress(?:e)?)?|mail ?add?ress(?:e)?)",
    "phone": r"(?:(?:tele)?phone(?: number)?|mobile(?: number)?|telefon(?:nummer)?|handynummer|rückrufnummer)",
    "address": r"(?<!mail[ -])(?:(?:(?:shipping|delivery|billing|postal|home|street) )?address"
    r"|(?:liefer|rechnungs|post)?(?:adresse|anschrift))",
    "name": r"(?:(?:full |last |first )?name|(?:vor-? ?(?:und|&) ?nach|voller |nach|vor)name)",
    "customer_number": r"(?:customer (?:number|no\.?|id)|account number|kunden(?:nummer|nr\.?))",
    "invoice_number": r"(?:invoice (?:number|no\.?|id)|rechnungs(?:nummer|nr\.?))",
    "tracking_number": r"(?:tracking (?:number|no\.?|code|id)|sendungs(?:nummer|nr\.?)|tracking-?nummer)",
    "postcode": r"(?:zip(?: ?code)?|post(?:al )?code|postleitzahl|plz)",
}
_ASKING: Final = (
    r"(?:what(?:'s| is| was| are)|which|could you|can you|would you|will you|may i|might i|can i|please|kindly|i need|"
    r"we need|i(?:'ll| will) need|provide|send|share|give|tell|confirm|let me know|enter|state|"
    r"wie (?:lautet|ist|war|heißen)|welche[rsn]?|könnten sie|können sie|würden sie|dürfte ich|darf ich|bitte|nennen|"
    r"brauche(?:n)?|benötige(?:n)?|teilen sie|senden sie|schicken sie|geben sie|verraten sie)"
)
_QUESTIONS: Final = {
    kind: re.compile(rf"\b{_ASKING}\b[^.!?\n]{{0,80}}?(?<!\w){called}(?!\w)|(?<!\w){called}[^.!?\n]{{0,20}}\?")
    for kind, called in _CALLED.items()
}
_CLAUSES: Final = re.compile(r"[^.!?\n]+[.!?]*")
# That something was done or will be done with it asks for nothing.
_STATES: Final = re.compile(
    r"\b(?:i (?:have|can see|see|found|checked|updated|changed)|we (?:have|sent|will send|updated|changed|found)|"
    r"i've|we've|thank you for|thanks for|ich (?:habe|sehe)|wir (?:haben|sehen|senden)|danke für|vielen dank für)\b"
)

# Where each kind stands under its own name: in arguments of actions, in the customer's attributes.
_NAMES: Final[dict[str, frozenset[str]]] = {
    "order_number": frozenset({"order", "order_id", "order_number", "order_no", "orderid"}),
    "email": frozenset({"email", "e_mail", "email_address", "mail"}),
    "phone": frozenset({"phone", "phone_number", "mobile", "telephone"}),
    "address": frozenset({"address", "street", "shipping_address", "delivery_address", "address1"}),
    "customer_number": frozenset({"customer_id", "customer_number", "account_number"}),
    "invoice_number": frozenset({"invoice", "invoice_id", "invoice_number"}),
    "tracking_number": frozenset({"tracking", "tracking_number", "tracking_code"}),
    "postcode": frozenset({"zip", "zip_code", "postcode", "postal_code"}),
}
_IN_TEXT: Final[dict[str, re.Pattern[str]]] = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    "order_number": re.compile(
        r"(?:\border\b|\bbestell\w*|\bauftrag\w*)[^\n]{0,15}?(#?[A-Z]{0,4}-?\d[\dA-Z-]{2,20}|[A-Z]{1,4}-\d{1,12})\b"
        r"|(#[A-Z]?\d{4,12})\b",
        re.IGNORECASE,
    ),
    "phone": re.compile(r"(?<![\w#-])\+?\d[\d /().-]{7,18}\d(?!\w)"),
    "name": re.compile(
        r"\b(?:my name is|i am called|mein name ist|ich heiße) ([A-ZÄÖÜ][\w.'-]+(?: [A-ZÄÖÜ][\w.'-]*)?)"
    ),
}
_LONGEST_VALUE: Final = 120
_MOST_TEXT: Final = 20_000


def asked_again(text: str, known: Iterable[Known]) -> list[Known]:
    """What the text asks the customer for although it is known; each kind once."""
    said = readable(text)[:_MOST_TEXT]
    found: dict[str, Known] = {}
    for fact in known:
        if fact.kind in _QUESTIONS and fact.kind not in found and _asks(said, fact):
            found[fact.kind] = fact
    return list(found.values())


def _asks(text: str, fact: Known) -> bool:
    if fact.value.casefold() in text.casefold():
        return False
    clauses = (clause.casefold() for clause in _CLAUSES.findall(text))
    return any(_QUESTIONS[fact.kind].search(clause) and not _only_states(clause) for clause in clauses)


def _only_states(clause: str) -> bool:
    return bool(_STATES.search(clause)) and "?" not in clause


def known(customer: Mapping[str, Any], documents: Iterable[Any], messages: Iterable[Mapping[str, Any]]) -> list[Known]:
    """The facts that stand in a record: the customer's own, those in arguments of actions, those the customer wrote."""
    found = [*_of_customer(customer)]
    for document in documents:
        found += _named(document, "the agent's proposal")
    for message in messages:
        if message.get("role") == "customer":
            found += _written(str(message.get("text") or "")[:_MOST_TEXT], f"message {message.get('seq')}")
    return found


def _of_customer(customer: Mapping[str, Any]) -> Iterator[Known]:
    if name := customer.get("name"):
        yield Known("name", str(name)[:_LONGEST_VALUE], "the customer's record")
    if number := customer.get("id"):
        yield Known("customer_number", str(number)[:_LONGEST_VALUE], "the customer's record")
    yield from _named(customer.get("attributes") or {}, "the customer's record")


def _named(document: Any, where: str) -> Iterator[Known]:
    if isinstance(document, Mapping):
        for key, value in document.items():
            kind = next((kind for kind, names in _NAMES.items() if str(key).casefold() in names), "")
            if kind and isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                yield Known(kind, str(value).strip()[:_LONGEST_VALUE], where)
            else:
                yield from _named(value, where)
    elif isinstance(document, list):
        for item in document:
            yield from _named(item, where)


def _written(text: str, where: str) -> Iterator[Known]:
    for kind, pattern in _IN_TEXT.items():
        for match in pattern.finditer(text):
            value = next((group for group in match.groups() if group), match.group())
            yield Known(kind, value.strip()[:_LONGEST_VALUE], where)
