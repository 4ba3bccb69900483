"""A policy: one document, read once, that says how much of a person's eye every action of an agent gets."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from reviewqueue.engine.amounts import Rates, is_currency, plain
from reviewqueue.engine.budgets import Budget, budget, named_once
from reviewqueue.engine.canonical import MAX_DEPTH, UnfitError, canonical
from reviewqueue.engine.catalogue import IN_TALK
from reviewqueue.engine.contents import asked_of, phrases
from reviewqueue.engine.faults import Fault, Place, PolicyError
from reviewqueue.engine.mandates import Mandate, mandate
from reviewqueue.engine.patterns import Sieve, sieve
from reviewqueue.engine.rulebook import (
    MAX_DESCRIPTION,
    MAX_RULES,
    MODES,
    OUTCOMES,
    PRIORITIES,
    RISKS,
    Oversight,
    RiskLevel,
    Trigger,
    each,
    optional,
    oversight,
    risk_level,
    slug,
    trigger,
)
from reviewqueue.engine.saying import say
from reviewqueue.engine.scope import Reach, reach
from reviewqueue.engine.tiers import triggers as triggers_at
from reviewqueue.engine.waiting import Contract, contract

__all__ = [
    "MODES",
    "OUTCOMES",
    "PRIORITIES",
    "RISKS",
    "Fault",
    "Oversight",
    "Policy",
    "PolicyError",
    "RiskLevel",
    "Trigger",
    "faults_of",
    "fit",
    "parse",
]

EXPIRY_OUTCOMES = ("expire",)

DEFAULT_QUEUE = "routine"
MAX_RATES = 300
MAX_UNDO_SECONDS = 3_600
EXPIRY_SECONDS = (1, 366 * 86_400)
_DEFAULTS: dict[str, Any] = {
    "currency_rates": {},
    "oversight": [],
    "risk_levels": [],
    "triggers": [],
    "default_queue": DEFAULT_QUEUE,
    "undo_seconds": 10,
    "expiry": {"seconds": 86_400, "outcome": "expire"},
}
_REQUIRED = {"format": 1, "name": "unnamed", "currency": "EUR"}
_KEYS = (*_REQUIRED, "description", "scopes", "budgets", "wait", *_DEFAULTS)


@dataclass(frozen=True)
class Policy:
    """A policy without faults. `document` is its normal form, `digest` the SHA-256 (hex) of that in RFC 8785."""

    name: str
    rates: Rates
    oversight: tuple[Oversight, ...]
    risk_levels: tuple[RiskLevel, ...]
    # Those of the document that are switched on, and then those that the scopes of agents come to.
    triggers: tuple[Trigger, ...]
    mandates: tuple[Mandate, ...]
    budgets: tuple[Budget, ...]
    waits: tuple[Contract, ...]
    default_queue: str
    undo_seconds: int
    expiry_seconds: int
    expiry_outcome: str
    document: dict[str, Any] = field(repr=False)
    digest: str

    @property
    def currency(self) -> str:
        """The currency in which amounts are compared."""
        return self.rates.currency

    @property
    def currency_rates(self) -> Mapping[str, Decimal]:
        """What one unit of each other currency is worth in the policy's own."""
        return self.rates.rates

    @cached_property
    def reach(self) -> Reach:
        """Where its triggers apply, as far as it has been asked."""
        return reach(rule.scope for rule in self.triggers)

    @cached_property
    def sieve(self) -> Sieve:
        """All that its rules look for in what the customer wrote."""
        conditions = [*(level.when for level in self.risk_levels), *(rule.when for rule in self.triggers)]
        return sieve(source for condition in conditions for source in phrases(condition))

    @cached_property
    def of_talk(self) -> Policy:
        """What of it is asked of a conversation in which nothing is proposed: rules about what is said and how."""
        heard = tuple(t for t in self.triggers if not IN_TALK.isdisjoint(fact.name for fact in asked_of(t.when)))
        return replace(self, oversight=(), risk_levels=(), triggers=heard, budgets=())

    def queues_named(self) -> frozenset[str]:
        """Every queue that a case may be sent to."""
        named = [rule.queue for rule in self.oversight] + [rule.queue for rule in self.triggers]
        named += [each.trigger.queue for each in self.budgets] + [each.queue for each in self.waits]
        return frozenset({self.default_queue, *(queue for queue in named if queue)})


def parse(document: Mapping[str, Any]) -> Policy:
    """Read a policy document, the same that a policy file holds.

    Raises `PolicyError`, whose `faults` name every unknown key, fact and operator and every value that does not fit.
    """
    root = Place(_plain_copy(document))
    root.mapping(_KEYS, required=_REQUIRED)
    if not isinstance(root.value, dict):
        raise PolicyError(root.faults)
    # What is required and missing is a fault already; a stand-in lets the rest be read for more of them.
    normal = {**copy.deepcopy(_DEFAULTS), **root.value}
    entries = {key: root.below(key, value) for key, value in {**_REQUIRED, **normal}.items()}
    policy = _policy(entries, normal)
    digest = hashlib.sha256(_bytes(root, normal)).hexdigest()
    if root.faults:
        raise PolicyError(root.faults)
    return replace(policy, digest=digest)


def faults_of(document: Mapping[str, Any]) -> list[Fault]:
    """Everything wrong with a document; none when `parse` takes it."""
    try:
        parse(document)
    except PolicyError as error:
        return list(error.faults)
    return []


def fit(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that can be stored and read again; it may have faults. Raises `PolicyError` for what cannot be kept."""
    root = Place(_plain_copy(document))
    _bytes(root, root.value)
    if root.faults:
        raise PolicyError(root.faults)
    kept: dict[str, Any] = root.value
    return kept


def _bytes(root: Place, document: dict[str, Any]) -> bytes:
    try:
        return canonical(document)
    except UnfitError as error:
        if error.pointer not in {fault.path for fault in root.faults}:
            root.faults.append(Fault(error.pointer, error.says))
        return b""


def _policy(entries: dict[str, Place], document: dict[str, Any]) -> Policy:
    if entries["format"].value != 1 or entries["format"].value is True:
        entries["format"].fault(say("must be 1, the only format there is"))
    optional(entries, "description", lambda one: one.word(longest=MAX_DESCRIPTION))
    currency = _currency(entries["currency"])
    seconds, outcome = _expiry(entries["expiry"])
    mandates = each(entries["scopes"], mandate) if "scopes" in entries else ()
    return Policy(
        name=entries["name"].word() or "",
        rates=Rates(currency, _rates(entries["currency_rates"], currency)),
        oversight=each(entries["oversight"], oversight),
        risk_levels=each(entries["risk_levels"], lambda place: risk_level(place, currency)),
        triggers=_triggers(entries["triggers"], mandates, currency),
        mandates=mandates,
        budgets=_budgets(entries),
        waits=each(entries["wait"], contract) if "wait" in entries else (),
        default_queue=slug(entries["default_queue"]) or DEFAULT_QUEUE,
        undo_seconds=entries["undo_seconds"].whole(0, MAX_UNDO_SECONDS) or 0,
        expiry_seconds=seconds,
        expiry_outcome=outcome,
        document=document,
        digest="",
    )


def _budgets(entries: dict[str, Place]) -> tuple[Budget, ...]:
    return named_once(entries["budgets"], each(entries["budgets"], budget)) if "budgets" in entries else ()


def _currency(place: Place) -> str:
    if is_currency(place.value):
        return str(place.value)
    place.fault(say("must be an ISO 4217 code such as EUR"))
    return ""


def _rates(place: Place, currency: str) -> dict[str, Decimal]:
    if not isinstance(place.value, dict) or len(place.value) > MAX_RATES:
        place.fault(say("must be a mapping of at most %(most)s currencies to rates", most=MAX_RATES))
        return {}
    read = {code: _rate(place.below(code, value), code, currency) for code, value in place.value.items()}
    return {code: rate for code, rate in read.items() if rate is not None}


def _rate(place: Place, code: str, currency: str) -> Decimal | None:
    if not is_currency(code):
        place.fault(say("must be an ISO 4217 code such as USD"))
        return None
    rate = place.number()
    if rate is not None and rate <= 0:
        place.fault(say("must be more than 0"))
    if rate is not None and code == currency and rate != 1:
        told = {"currency": currency, "rate": plain(rate)}
        place.fault(say("%(currency)s is the policy's own currency; its rate is 1, not %(rate)s", **told))
    return rate


def _expiry(place: Place) -> tuple[int, str]:
    entries = place.mapping(("seconds", "outcome"), required=("seconds", "outcome"))
    seconds = entries["seconds"].whole(*EXPIRY_SECONDS) if "seconds" in entries else None
    outcome = entries.get("outcome")
    if outcome and isinstance(outcome.value, str) and outcome.value.startswith("approve"):
        outcome.fault(say("nothing is ever approved by a timeout"))
    elif outcome:
        outcome.choice(EXPIRY_OUTCOMES)
    return seconds or EXPIRY_SECONDS[0], str(outcome.value) if outcome else ""


def _triggers(place: Place, mandates: tuple[Mandate, ...], currency: str) -> tuple[Trigger, ...]:
    found = [one for entry in place.items(most=MAX_RULES) for one in triggers_at(entry, currency)]
    if len(found) > MAX_RULES:
        place.fault(say("with the lines of their tiers these are more than %(most)s triggers", most=MAX_RULES))
    _named_once(found)
    written = [replace(rule, position=position) for position, (_where, rule) in enumerate(found)]
    rules = [rule for one in mandates for rule in one.rules()]
    # They are built here and have no faults: what a person wrote was read as a mandate.
    implied = [trigger(Place(rule, ("scopes", position)), currency) for position, rule in enumerate(rules, len(found))]
    return (*(one for one in written if one.enabled), *(one for one in implied if one is not None))


def _named_once(found: list[tuple[Place, Trigger]]) -> None:
    names: set[str] = set()
    for place, rule in found:
        if rule.name and rule.name in names:
            place.below("name", None).fault(say("another trigger is called %(name)s already", name=rule.name))
        names.add(rule.name)


def _plain_copy(value: Any, depth: int = 0) -> Any:
    """A copy of plain mappings and lists, so that nothing changes a policy after it was read."""
    if depth > MAX_DEPTH:
        raise PolicyError([Fault("", say("the document is nested deeper than %(most)s levels", most=MAX_DEPTH))])
    if isinstance(value, Mapping):
        return {_plain_copy(str(key)): _plain_copy(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(item, depth + 1) for item in value]
    if isinstance(value, str) and "\0" in value:
        raise PolicyError([Fault("", say("a text holds a character that no database keeps (NUL)"))])
    if value is None or isinstance(value, str | int | float):
        return value
    told = {"value": repr(value), "kind": type(value).__name__}
    raise PolicyError([Fault("", say("%(value)s is a %(kind)s; put it in quotation marks", **told))])
