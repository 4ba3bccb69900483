"""A policy: one document, read once, that says how much of a person's eye every action of an agent gets."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from reviewqueue.engine.amounts import Rates, is_currency, plain
from reviewqueue.engine.canonical import MAX_DEPTH, UnfitError, canonical
from reviewqueue.engine.catalogue import IN_TALK
from reviewqueue.engine.conditions import Condition, asked_of, phrases
from reviewqueue.engine.faults import Fault, Place, PolicyError
from reviewqueue.engine.grammar import condition
from reviewqueue.engine.patterns import Sieve, sieve
from reviewqueue.engine.scope import Reach, Scope, reach, scope

__all__ = ["MODES", "OUTCOMES", "PRIORITIES", "RISKS", "Fault", "Policy", "PolicyError", "parse"]

# Each from the loosest to the strictest.
MODES = ("out_of_the_loop", "on_the_loop", "in_the_loop", "human_only")
OUTCOMES = ("watch", "review", "handoff")
PRIORITIES = ("low", "normal", "high", "urgent")
RISKS = ("low", "medium", "high", "critical")
EXPIRY_OUTCOMES = ("expire",)

DEFAULT_QUEUE = "routine"
DEFAULT_CATEGORY = "general"
MAX_RULES = 500
MAX_DESCRIPTION = 2_000
MAX_RATES = 300
MAX_SKILLS = 20
MAX_VETO_SECONDS = 86_400
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
_KEYS = (*_REQUIRED, "description", *_DEFAULTS)
_TRIGGER_KEYS = (
    "name",
    "category",
    "description",
    "match",
    "when",
    "outcome",
    "queue",
    "priority",
    "skills",
    "eyes",
    "veto_seconds",
)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Oversight:
    """The mode an action starts from, before any trigger."""

    scope: Scope
    mode: str
    veto_seconds: int = 0
    queue: str | None = None
    name: str = ""

    @classmethod
    def nowhere(cls) -> Oversight:
        """What holds where no rule of the policy does: a person decides."""
        return cls(Scope(), "in_the_loop")


@dataclass(frozen=True, slots=True)
class RiskLevel:
    """The risk of the actions it covers."""

    scope: Scope
    when: Condition | None
    level: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule that can only make things stricter; without `when` it fires wherever it applies."""

    name: str
    category: str
    scope: Scope
    when: Condition | None
    outcome: str
    queue: str | None = None
    priority: str | None = None
    skills: tuple[str, ...] = ()
    eyes: int = 1
    veto_seconds: int = 0
    # Its place in the policy, and whether it may answer differently for two actions of one proposal.
    position: int = -1
    of_action: bool = False


@dataclass(frozen=True)
class Policy:
    """A policy without faults. `document` is its normal form, `digest` the SHA-256 (hex) of that in RFC 8785."""

    name: str
    rates: Rates
    oversight: tuple[Oversight, ...]
    risk_levels: tuple[RiskLevel, ...]
    triggers: tuple[Trigger, ...]
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
        return reach(trigger.scope for trigger in self.triggers)

    @cached_property
    def sieve(self) -> Sieve:
        """All that its rules look for in what the customer wrote."""
        conditions = [*(level.when for level in self.risk_levels), *(trigger.when for trigger in self.triggers)]
        return sieve(source for condition in conditions for source in phrases(condition))

    @cached_property
    def of_talk(self) -> Policy:
        """What of it is asked of a conversation in which nothing is proposed: rules about what is said and how."""
        heard = tuple(t for t in self.triggers if not IN_TALK.isdisjoint(fact.name for fact in asked_of(t.when)))
        return replace(self, oversight=(), risk_levels=(), triggers=heard)

    def queues_named(self) -> frozenset[str]:
        """Every queue that a case may be sent to."""
        named = [rule.queue for rule in self.oversight] + [trigger.queue for trigger in self.triggers]
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
        entries["format"].fault("must be 1, the only format there is")
    _optional(entries, "description", lambda one: one.word(longest=MAX_DESCRIPTION))
    currency = _currency(entries["currency"])
    seconds, outcome = _expiry(entries["expiry"])
    return Policy(
        name=entries["name"].word() or "",
        rates=Rates(currency, _rates(entries["currency_rates"], currency)),
        oversight=_each(entries["oversight"], _oversight),
        risk_levels=_each(entries["risk_levels"], lambda place: _risk_level(place, currency)),
        triggers=_named_once(entries["triggers"], _each(entries["triggers"], lambda place: _trigger(place, currency))),
        default_queue=_slug(entries["default_queue"]) or DEFAULT_QUEUE,
        undo_seconds=entries["undo_seconds"].whole(0, MAX_UNDO_SECONDS) or 0,
        expiry_seconds=seconds,
        expiry_outcome=outcome,
        document=document,
        digest="",
    )


def _currency(place: Place) -> str:
    if is_currency(place.value):
        return str(place.value)
    place.fault("must be an ISO 4217 code such as EUR")
    return ""


def _rates(place: Place, currency: str) -> dict[str, Decimal]:
    if not isinstance(place.value, dict) or len(place.value) > MAX_RATES:
        place.fault(f"must be a mapping of at most {MAX_RATES} currencies to rates")
        return {}
    read = {code: _rate(place.below(code, value), code, currency) for code, value in place.value.items()}
    return {code: rate for code, rate in read.items() if rate is not None}


def _rate(place: Place, code: str, currency: str) -> Decimal | None:
    if not is_currency(code):
        place.fault("must be an ISO 4217 code such as USD")
        return None
    rate = place.number()
    if rate is not None and rate <= 0:
        place.fault("must be more than 0")
    if rate is not None and code == currency and rate != 1:
        place.fault(f"{currency} is the policy's own currency; its rate is 1, not {plain(rate)}")
    return rate


def _expiry(place: Place) -> tuple[int, str]:
    entries = place.mapping(("seconds", "outcome"), required=("seconds", "outcome"))
    seconds = entries["seconds"].whole(*EXPIRY_SECONDS) if "seconds" in entries else None
    outcome = entries.get("outcome")
    if outcome and isinstance(outcome.value, str) and outcome.value.startswith("approve"):
        outcome.fault("nothing is ever approved by a timeout")
    elif outcome:
        outcome.choice(EXPIRY_OUTCOMES)
    return seconds or EXPIRY_SECONDS[0], str(outcome.value) if outcome else ""


def _oversight(place: Place) -> Oversight | None:
    entries = place.mapping(("name", "match", "mode", "veto_seconds", "queue"), required=("match", "mode"))
    mode = entries["mode"].choice(MODES) if "mode" in entries else None
    veto = entries["veto_seconds"].whole(0, MAX_VETO_SECONDS) if "veto_seconds" in entries else 0
    if veto and mode and mode != "on_the_loop":
        entries["veto_seconds"].fault("only on_the_loop has a veto window")
    where = scope(entries["match"]) if "match" in entries else Scope()
    queue, name = _optional(entries, "queue", _slug), _optional(entries, "name", Place.word)
    return Oversight(where, mode, veto or 0, queue, name or "") if mode else None


def _risk_level(place: Place, currency: str) -> RiskLevel | None:
    entries = place.mapping(("match", "when", "level"), required=("level",))
    level = entries["level"].choice(RISKS) if "level" in entries else None
    where = scope(entries["match"], risk=False) if "match" in entries else Scope()
    when = condition(entries["when"], currency) if "when" in entries else None
    return RiskLevel(where, when, level) if level else None


def _trigger(place: Place, currency: str) -> Trigger | None:
    entries = place.mapping(_TRIGGER_KEYS, required=("name", "outcome"))
    if entries and "match" not in entries and "when" not in entries:
        place.fault("would fire for every action; write match: {} if that is meant")
    name, category = _optional(entries, "name", Place.word), _optional(entries, "category", _slug)
    outcome = entries["outcome"].choice(OUTCOMES) if "outcome" in entries else None
    veto = entries["veto_seconds"].whole(0, MAX_VETO_SECONDS) if "veto_seconds" in entries else 0
    if veto and outcome and outcome != "watch":
        entries["veto_seconds"].fault("only a trigger whose outcome is watch opens a veto window")
    _optional(entries, "description", lambda one: one.word(longest=MAX_DESCRIPTION))
    where = scope(entries["match"]) if "match" in entries else Scope()
    when = condition(entries["when"], currency) if "when" in entries else None
    return Trigger(
        name=name or "",
        category=category or DEFAULT_CATEGORY,
        scope=where,
        when=when,
        outcome=outcome or OUTCOMES[-1],
        queue=_optional(entries, "queue", _slug),
        priority=entries["priority"].choice(PRIORITIES) if "priority" in entries else None,
        skills=_skills(entries),
        eyes=(entries["eyes"].whole(1, 2) if "eyes" in entries else None) or 1,
        veto_seconds=veto or 0,
        position=int(place.path[-1]),
        of_action=where.of_action or (when is not None and when.of_action),
    )


def _skills(entries: dict[str, Place]) -> tuple[str, ...]:
    places = list(entries["skills"].items(most=MAX_SKILLS)) if "skills" in entries else []
    return tuple(skill for place in places if (skill := _slug(place)))


def _optional(entries: dict[str, Place], key: str, read: Any) -> str | None:
    found: str | None = read(entries[key]) if key in entries else None
    return found


def _slug(place: Place) -> str | None:
    if isinstance(place.value, str) and _SLUG.fullmatch(place.value):
        return place.value
    place.fault("must be a name of letters, digits, - and _, at most 50 of them")
    return None


def _each(place: Place, read: Any) -> tuple[Any, ...]:
    return tuple(rule for one in place.items(most=MAX_RULES) if (rule := read(one)) is not None)


def _named_once(place: Place, triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    names: set[str] = set()
    for index, trigger in enumerate(triggers):
        if trigger.name and trigger.name in names:
            place.below(index, None).below("name", None).fault(f"another trigger is called {trigger.name} already")
        names.add(trigger.name)
    return triggers


def _plain_copy(value: Any, depth: int = 0) -> Any:
    """A copy of plain mappings and lists, so that nothing changes a policy after it was read."""
    if depth > MAX_DEPTH:
        raise PolicyError([Fault("", f"the document is nested deeper than {MAX_DEPTH} levels")])
    if isinstance(value, Mapping):
        return {_plain_copy(str(key)): _plain_copy(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(item, depth + 1) for item in value]
    if isinstance(value, str) and "\0" in value:
        raise PolicyError([Fault("", "a text holds a character that no database keeps (NUL)")])
    if value is None or isinstance(value, str | int | float):
        return value
    raise PolicyError([Fault("", f"{value!r} is a {type(value).__name__}; put it in quotation marks")])
