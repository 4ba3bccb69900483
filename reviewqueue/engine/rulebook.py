"""The rules in a policy, each read from its place: where an action starts, how risky it is, what makes it stricter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.conditions import Condition
from reviewqueue.engine.contents import measures
from reviewqueue.engine.grammar import condition
from reviewqueue.engine.saying import say
from reviewqueue.engine.scope import Scope, scope

if TYPE_CHECKING:
    from reviewqueue.engine.faults import Place

# Each from the loosest to the strictest.
MODES = ("out_of_the_loop", "on_the_loop", "in_the_loop", "human_only")
OUTCOMES = ("watch", "review", "handoff")
PRIORITIES = ("low", "normal", "high", "urgent")
RISKS = ("low", "medium", "high", "critical")

DEFAULT_CATEGORY = "general"
MAX_RULES = 500
MAX_DESCRIPTION = 2_000
MAX_SKILLS = 20
MAX_VETO_SECONDS = 86_400
_OVERSIGHT_KEYS = ("name", "match", "mode", "veto_seconds", "queue", "author", "reason")
_TRIGGER_KEYS = (
    "name",
    "category",
    "description",
    "enabled",
    "match",
    "when",
    "tiers",
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
    enabled: bool = True
    # Whether its line of the trace notes a value where it does not fire.
    measured: bool = False


def oversight(place: Place) -> Oversight | None:
    """The oversight rule at this place; None when it has faults, which the place has noted."""
    entries = place.mapping(_OVERSIGHT_KEYS, required=("match", "mode"))
    mode = entries["mode"].choice(MODES) if "mode" in entries else None
    veto = entries["veto_seconds"].whole(0, MAX_VETO_SECONDS) if "veto_seconds" in entries else 0
    if veto and mode and mode != "on_the_loop":
        entries["veto_seconds"].fault(say("only on_the_loop has a veto window"))
    where = scope(entries["match"]) if "match" in entries else Scope()
    queue, name = optional(entries, "queue", slug), optional(entries, "name", _word)
    optional(entries, "author", _word)
    optional(entries, "reason", _text)
    return Oversight(where, mode, veto or 0, queue, name or "") if mode else None


def risk_level(place: Place, currency: str) -> RiskLevel | None:
    """The risk level at this place; None when it has faults."""
    entries = place.mapping(("match", "when", "level"), required=("level",))
    level = entries["level"].choice(RISKS) if "level" in entries else None
    where = scope(entries["match"], risk=False) if "match" in entries else Scope()
    when = condition(entries["when"], currency) if "when" in entries else None
    return RiskLevel(where, when, level) if level else None


def trigger(place: Place, currency: str) -> Trigger | None:
    """The trigger at this place; None when it has faults."""
    entries = place.mapping(_TRIGGER_KEYS, required=("name", "outcome"))
    if entries and not {"match", "when", "tiers"} & entries.keys():
        place.fault(say("would fire for every action; write match: {} if that is meant"))
    name, category = optional(entries, "name", _word), optional(entries, "category", slug)
    outcome = entries["outcome"].choice(OUTCOMES) if "outcome" in entries else None
    veto = entries["veto_seconds"].whole(0, MAX_VETO_SECONDS) if "veto_seconds" in entries else 0
    if veto and outcome and outcome != "watch":
        entries["veto_seconds"].fault(say("only a trigger whose outcome is watch opens a veto window"))
    optional(entries, "description", _text)
    where = scope(entries["match"]) if "match" in entries else Scope()
    when = condition(entries["when"], currency) if "when" in entries else None
    return Trigger(
        name=name or "",
        category=category or DEFAULT_CATEGORY,
        scope=where,
        when=when,
        outcome=outcome or OUTCOMES[-1],
        queue=optional(entries, "queue", slug),
        priority=entries["priority"].choice(PRIORITIES) if "priority" in entries else None,
        skills=_skills(entries),
        eyes=(entries["eyes"].whole(1, 2) if "eyes" in entries else None) or 1,
        veto_seconds=veto or 0,
        position=int(place.path[-1]),
        of_action=where.of_action or (when is not None and when.of_action),
        enabled=entries["enabled"].flag() is not False if "enabled" in entries else True,
        measured=measures(when),
    )


def _skills(entries: dict[str, Place]) -> tuple[str, ...]:
    places = list(entries["skills"].items(most=MAX_SKILLS)) if "skills" in entries else []
    return tuple(skill for place in places if (skill := slug(place)))


def optional(entries: dict[str, Place], key: str, read: Any) -> str | None:
    """What ``read`` makes of an entry that may be missing."""
    found: str | None = read(entries[key]) if key in entries else None
    return found


def slug(place: Place) -> str | None:
    """A name that fits into an address."""
    if isinstance(place.value, str) and _SLUG.fullmatch(place.value):
        return place.value
    place.fault(say("must be a name of letters, digits, - and _, at most 50 of them"))
    return None


def each(place: Place, read: Any) -> tuple[Any, ...]:
    """Every good entry of a list."""
    return tuple(rule for one in place.items(most=MAX_RULES) if (rule := read(one)) is not None)


def _word(place: Place) -> str | None:
    return place.word()


def _text(place: Place) -> str | None:
    return place.word(longest=MAX_DESCRIPTION)
