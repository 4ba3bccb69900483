"""A policy held against the desk it is for: who works here, what came in lately, and what of it no rule names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from reviewqueue.engine import telling
from reviewqueue.engine.patterns import united
from reviewqueue.engine.saying import Told, listed, say
from reviewqueue.engine.tightness import covers, globs_cover
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Finding = tuple[str, str, Told]
_TOLD = 20
# Where calls that customers ask for are worked on.
CALLBACKS = "callbacks"


class Seen(NamedTuple):
    """One sort of proposal that came in, and how often."""

    agent: str
    intent: str
    kind: str
    action: str
    currency: str
    times: int


class Gap(NamedTuple):
    """How many of the hours in which a queue with a roster is open have nobody on, and when that begins."""

    hours: float
    open: float
    begins: str

    @property
    def whole(self) -> bool:
        """Is nobody on at all?"""
        return self.hours >= self.open


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a desk knows. `staffed` queues in which somebody decides (`None`: all), `skills` what those have.

    `closed` queues ask for a certificate that none of them has; `gaps` are those of the roster in the `ahead` days to
    come. `sent`: the facts, by name, that the last `looked_at` cases had. `queues` and `teams`: those that there are;
    `None` where nobody looked.
    """

    today: date
    people: frozenset[str] = frozenset()
    staffed: frozenset[str] | None = frozenset()
    closed: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    agents: Mapping[str, bool] = field(default_factory=dict)  # by name: has it an owner?
    seen: tuple[Seen, ...] = ()
    days: int = 30
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    ahead: int = 14
    sent: frozenset[str] = frozenset()
    looked_at: int = 0
    queues: frozenset[str] | None = None
    teams: frozenset[str] | None = None


def unprepared(document: Mapping[str, Any], desk: Surroundings) -> Iterator[Finding]:
    """Gates without people: queues, skills and owners that the policy counts on and the desk does not have."""
    for queue, places in named(document, "queue").items():
        if desk.staffed is not None and queue not in desk.staffed:
            yield "serious", places[0], _unstaffed(queue, len(places))
        elif queue in desk.closed:
            says = say(
                "Nobody has the certificate that the queue %(queue)s asks for; its cases would wait", queue=queue
            )
            yield "serious", places[0], says
        elif queue in desk.gaps:
            yield _unrostered(queue, desk.gaps[queue], places[0], desk.ahead)
    for skill, places in named(document, "skills").items():
        if skill not in desk.skills:
            yield "warning", places[0], _unskilled(skill, len(places))
    yield from _unowned(document, desk)


def _unrostered(queue: str, gap: Gap, place: str, ahead: int) -> Finding:
    told = {"queue": queue, "days": ahead}
    if gap.whole:
        says = say("Nobody is rostered for the queue %(queue)s in the next %(days)s days; its cases would wait", **told)
        return "serious", place, says
    told |= {"hours": round(gap.hours), "open": round(gap.open), "begins": gap.begins}
    says = say(
        "Nobody is rostered for the queue %(queue)s in %(hours)s of the %(open)s hours in which it is open in the next "
        "%(days)s days, the first time on %(begins)s",
        **told,
    )
    return "warning", place, says


def _unstaffed(queue: str, rules: int) -> Told:
    if rules == 1:
        return say(
            "Nobody who decides works in the queue %(queue)s, which one rule names; its cases would wait", queue=queue
        )
    return say(
        "Nobody who decides works in the queue %(queue)s, which %(count)s rules name; its cases would wait",
        queue=queue,
        count=rules,
    )


def _unskilled(skill: str, triggers: int) -> Told:
    if triggers == 1:
        return say(
            "Nobody has the skill %(skill)s, for which one trigger asks; anybody of the queue gets those cases",
            skill=skill,
        )
    return say(
        "Nobody has the skill %(skill)s, for which %(count)s triggers ask; anybody of the queue gets those cases",
        skill=skill,
        count=triggers,
    )


def _unowned(document: Mapping[str, Any], desk: Surroundings) -> Iterator[Finding]:
    for index, scope in enumerate(document.get("scopes") or ()):
        if scope["owner"] not in desk.people:
            told = {"owner": scope["owner"], "agents": listed(telling.words(scope["agent"]))}
            says = say("%(owner)s, who owns the scope of %(agents)s, is nobody here", **told)
            yield "warning", f"/scopes/{index}/owner", says
        for agent in telling.words(scope["agent"]):
            if agent not in desk.agents:
                yield "hint", f"/scopes/{index}/agent", say("There is no agent %(agent)s here", agent=agent)
    for agent, owned in sorted(desk.agents.items()):
        if not owned:
            yield "warning", "", say("The agent %(agent)s has no owner; nobody answers for it", agent=agent)


def unnamed(document: Mapping[str, Any], desk: Surroundings) -> Iterator[Finding]:
    """Intents, actions and currencies that came in and that no rule names."""
    counted = {"intent": _counts(desk, "intent"), "action": _counts(desk, "action")}
    for key, counts in counted.items():
        lost = [(name, count) for name, count in counts.items() if not _names(document, key, name)]
        if lost:
            told = [f"{name} ({count})" for name, count in sorted(lost, key=lambda one: (-one[1], one[0]))]
            yield ("warning" if _released(document) else "hint"), "", _nameless(key, told, desk.days)
    rates = {document["currency"], *(document.get("currency_rates") or {})}
    for code, count in _counts(desk, "currency").items():
        if code not in rates:
            came = {"code": code, "count": count}
            says = say("Amounts in %(code)s came in (%(count)s); without a rate they count as unknown", **came)
            yield "warning", "/currency_rates", says
    scoped = {folded(one) for scope in document.get("scopes") or () for one in telling.words(scope["agent"])}
    if scoped:
        for agent in sorted(name for name in desk.agents if folded(name) not in scoped):
            says = say("The agent %(agent)s has no scope; the rest of the policy alone judges it", agent=agent)
            yield "hint", "/scopes", says


def _nameless(key: str, told: list[str], days: int) -> Told:
    shown: Told | str = ", ".join(told[:_TOLD])
    if len(told) > _TOLD:
        shown = say("%(names)s and %(count)s more", names=shown, count=len(told) - _TOLD)
    values = {"names": shown, "days": days}
    if key == "intent":
        return say(
            "No rule names the intent %(names)s, seen in %(days)s days; what holds for everything else decides",
            **values,
        )
    return say(
        "No rule names the action %(names)s, seen in %(days)s days; what holds for everything else decides", **values
    )


def named(document: Mapping[str, Any], key: str) -> dict[str, list[str]]:
    """The queues or skills that rules name, each with the places where."""
    found: dict[str, list[str]] = {}
    if key == "queue":
        found[document["default_queue"]] = ["/default_queue"]
    if key == "queue" and (offered := _calls(document)):
        found[CALLBACKS] = offered
    for group in ("oversight", "triggers", "scopes", "budgets", "wait"):
        for index, rule in enumerate(document.get(group) or ()):
            if rule.get("enabled", True):
                for name in telling.words(rule.get(key)):
                    found.setdefault(name, []).append(f"/{group}/{index}")
    return found


def _calls(document: Mapping[str, Any]) -> list[str]:
    """The contracts that offer a call, which somebody has to make."""
    return [f"/wait/{n}" for n, rule in enumerate(document.get("wait") or ()) if rule["then"] == "callback"]


def _counts(desk: Surroundings, key: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in desk.seen:
        if name := getattr(one, key):
            counts[name] = counts.get(name, 0) + one.times
    return counts


def _names(document: Mapping[str, Any], key: str, name: str) -> bool:
    rules = [*document["oversight"], *document["risk_levels"], *document["triggers"]]
    matches = ([glob for glob in telling.words((rule.get("match") or {}).get(key)) if glob != "*"] for rule in rules)
    fact = "intent" if key == "intent" else "action.name"
    if any(globs_cover(globs, [name]) for globs in matches) or any(_asks(r.get("when"), fact, name) for r in rules):
        return True
    return key == "intent" and any(folded(name) in map(folded, _intents(one)) for one in document.get("scopes") or ())


def _asks(when: Any, fact: str, name: str) -> bool:
    """Whether a condition asks about this name of an intent or an action: by the word, or by any pattern."""
    if isinstance(when, list):
        return any(_asks(one, fact, name) for one in when)
    if not isinstance(when, dict):
        return False
    if when.get("fact") == fact:
        words = [*telling.words(when.get("is")), *telling.words(when.get("in"))]
        return folded(name) in map(folded, words) or _found(telling.words(when.get("matches_any")), name)
    return any(_asks(when.get(head), fact, name) for head in ("all", "any", "not"))


def _found(sources: list[str], name: str) -> bool:
    return bool(sources) and united(*sources).found(name)


def _intents(scope: Mapping[str, Any]) -> list[str]:
    sure = [intent for one in scope.get("by_confidence") or () for intent in telling.words(one["intent"])]
    return [*telling.words(scope.get("authorised")), *telling.words(scope.get("always_human")), *sure]


def _released(document: Mapping[str, Any]) -> bool:
    """Does what holds for everything else let pass?"""
    rest = [rule for rule in document["oversight"] if covers(rule.get("match") or {}, {})]
    return bool(rest) and rest[0]["mode"] in {"out_of_the_loop", "on_the_loop"}
