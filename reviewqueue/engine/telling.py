"""Rules as sentences: what a policy file says, for people who do not read YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.amounts import exact, percent, plain, with_cents
from reviewqueue.engine.catalogue import Fact, Kind, fact_named
from reviewqueue.engine.saying import Capital, Label, Number, Saying, Told, either, listed, row, say, say_in
from reviewqueue.engine.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Says = Told | str
_SHOWN: Final = 6
_KINDS: Final = {
    "tool_call": say("actions"),
    "reply": say("replies"),
    "question": say("questions"),
    "handoff": say("handovers"),
}
MODES: Final = {
    "out_of_the_loop": say("released at once"),
    "on_the_loop": say("released under supervision"),
    "in_the_loop": say("held for a person"),
    "human_only": say("kept for a person alone"),
}
OUTCOMES: Final = {
    "watch": say("watched by a supervisor"),
    "review": say("held for a person"),
    "handoff": say("handed over to a person"),
}
LEVELS: Final = {
    "low": say_in("risk", "low"),
    "medium": say_in("risk", "medium"),
    "high": say_in("risk", "high"),
    "critical": say_in("risk", "critical"),
}
PRIORITIES: Final = {
    "low": say_in("priority", "low"),
    "normal": say_in("priority", "normal"),
    "high": say_in("priority", "high"),
    "urgent": say_in("priority", "urgent"),
}


def called(table: Mapping[str, Saying], word: Any) -> Says:
    """What a word of the policy file means; one that it does not know stays as it is."""
    return table.get(str(word), str(word))


def oversight(rule: Mapping[str, Any]) -> Told:
    """One oversight rule: `Replies with the intent store_hours are released at once`."""
    starts = say("%(what)s are %(mode)s.", what=Capital(scope(rule.get("match") or {})), mode=mode(rule))
    return row(starts, queue(rule))


def mode(rule: Mapping[str, Any]) -> Says:
    """What an oversight rule does."""
    told = called(MODES, rule.get("mode"))
    if not rule.get("veto_seconds"):
        return told
    return say("%(mode)s, after %(seconds)s s in which it can be stopped", mode=told, seconds=rule["veto_seconds"])


def risk_level(rule: Mapping[str, Any], currency: str) -> Told:
    """One risk level."""
    what, level = Capital(scope(rule.get("match") or {})), called(LEVELS, rule.get("level"))
    if not rule.get("when"):
        return say("%(what)s count as %(level)s risk.", what=what, level=level)
    when = condition(rule["when"], currency)
    return say("%(what)s for which %(condition)s count as %(level)s risk.", what=what, condition=when, level=level)


def trigger(rule: Mapping[str, Any], currency: str) -> Told:
    """One trigger: `Actions named *refund* are held for a person when the value is over 200.00 EUR or unknown`."""
    what, asks = Capital(scope(rule.get("match") or {})), outcome(rule)
    if rule.get("when"):
        when = condition(rule["when"], currency)
        told = say("%(what)s are %(outcome)s when %(condition)s.", what=what, outcome=asks, condition=when)
    else:
        told = say("%(what)s are %(outcome)s, always.", what=what, outcome=asks)
    return row(told, queue(rule), *more(rule))


def outcome(rule: Mapping[str, Any]) -> Says:
    """What a trigger asks for."""
    told = called(OUTCOMES, rule.get("outcome"))
    if rule.get("veto_seconds"):
        told = say("%(outcome)s, who has %(seconds)s s to stop it", outcome=told, seconds=rule["veto_seconds"])
    return say("%(outcome)s, by two people", outcome=told) if rule.get("eyes") == 2 else told  # noqa: PLR2004 - four eyes are two people


def mandate(rule: Mapping[str, Any]) -> Iterator[Told]:
    """The written scope of an agent, a sentence each."""
    alone, agents = _intents(rule.get("authorised")), listed(words(rule.get("agent")))
    yield say("%(agents)s may handle by itself: %(intents)s.", agents=agents, intents=alone)
    if rule.get("always_human"):
        yield say("Always a person: %(intents)s.", intents=_intents(rule["always_human"]))
    for one in _mappings(rule.get("by_confidence")):
        sure, intents = share(one.get("at_least")), _intents(one.get("intent"))
        yield say("From a confidence of %(share)s: %(intents)s.", share=sure, intents=intents)
    yield say("Every other intent goes to a person.")


def scope(match: Mapping[str, Any]) -> Told:
    """Where a rule applies: `replies with the intent faq in the channel email`."""
    return row(kinds(match), *places(match))


def kinds(match: Mapping[str, Any]) -> Says:
    """What a scope is about: `replies`."""
    if named := words(match.get("kind")):
        return listed(_KINDS.get(kind, f"{kind}s") for kind in named)
    return say("actions") if "action" in match else say("all proposals")


def places(match: Mapping[str, Any]) -> Iterator[Told]:
    """Where it is: `with the intent faq`, `in the channel email`."""
    for key, values in match.items():
        if key == "kind":
            continue
        names = several(words(values)) if key != "risk" else either(called(LEVELS, one) for one in words(values))
        yield (
            Saying(_PLACES[key].template, {"names": names})
            if key in _PLACES
            else say("with %(key)s %(names)s", key=key, names=names)
        )


_PLACES: Final = {
    "agent": say("of the agent %(names)s"),
    "intent": say("with the intent %(names)s"),
    "workflow": say("in the workflow %(names)s"),
    "channel": say("in the channel %(names)s"),
    "language": say("in the language %(names)s"),
    "team": say("of the team %(names)s"),
    "segment": say("of the segment %(names)s"),
    "tier": say("of customers of the tier %(names)s"),
    "action": say("named %(names)s"),
    "risk": say("at risk %(names)s"),
}


def condition(when: Any, currency: str) -> Says:
    """A condition as a clause: `the value is over 200.00 EUR or unknown`."""
    if not isinstance(when, dict):
        return str(when)
    for head, word in (("all", say_in("clauses", " and ")), ("any", say_in("clauses", " or "))):
        if isinstance(when.get(head), list):
            return row(*(_bracketed(part, currency) for part in when[head]), between=word)
    if "not" in when:
        return say("it is not so that %(condition)s", condition=condition(when["not"], currency))
    if "cel" in when:
        return _or_unknown(say("the expression %(cel)s holds", cel=when["cel"]), when, fires=False)
    return _asked(when, currency)


def limit(when: Mapping[str, Any], currency: str) -> Says:
    """The operator of a leaf with its limit: `over 200.00 EUR`."""
    operator = next((name for name in _OPERATORS if name in when), "")
    if operator in _ORDERS:
        orders = _DAYS if (fact := _fact(when)) and fact.kind is Kind.DATE else _ORDERS
        return Saying(
            orders[operator].template, {"limit": _measure(when, operator, currency)}, orders[operator].context
        )
    if operator == "matches_any":
        count = len(words(when[operator]))
        return say("like a pattern") if count == 1 else say("like one of %(count)s patterns", count=count)
    return several(words(when.get(operator))) if operator else "?"


_ORDERS: Final = {
    "over": say("over %(limit)s"),
    "at_least": say("at least %(limit)s"),
    "under": say("under %(limit)s"),
    "at_most": say("at most %(limit)s"),
}
_DAYS: Final = {
    "over": say_in("a day", "after %(limit)s"),
    "at_least": say_in("a day", "on or after %(limit)s"),
    "under": say_in("a day", "before %(limit)s"),
    "at_most": say_in("a day", "on or before %(limit)s"),
}
_OPERATORS: Final = (*_ORDERS, "is", "in", "has_any", "matches_any")


def words(value: Any) -> list[str]:
    """A word or a list of them, as a list of whole words."""
    if value is None:
        return []
    return [_word(one) for one in value] if isinstance(value, list) else [_word(value)]


def _asked(when: Mapping[str, Any], currency: str) -> Says:
    fact, told = _fact(when), limit(when, currency)
    if fact is None:
        return f"{when.get('fact')} {told}"
    if fact.kind is Kind.FLAG and isinstance(when.get("is"), bool):
        flag = Saying(fact.yes if when["is"] else fact.no, context="clause")
        return say("%(clause)s or nobody says", clause=flag) if _fires(when, fires=fact.fires) else flag
    return _or_unknown(_compared(fact, when, told), when, fires=fact.fires)


def _compared(fact: Fact, when: Mapping[str, Any], told: Says) -> Told:
    what = Label(fact.label, within=True)
    if "matches_any" in when:
        plural = fact.kind in {Kind.TEXT, Kind.WORDS}
        return (
            say("%(facts)s are %(pattern)s", facts=what, pattern=told)
            if plural
            else say("%(fact)s is %(pattern)s", fact=what, pattern=told)
        )
    if "has_any" in when:
        return say("%(facts)s include %(words)s", facts=what, words=told)
    if fact.kind is Kind.WORDS and any(name in when for name in _ORDERS):
        what = Label(f"number of {fact.label}", within=True)
    return _held(fact, when, what, told)


def _held(fact: Fact, when: Mapping[str, Any], what: Told, told: Says) -> Told:
    if fact.kind is Kind.DATE:
        return say("%(fact)s is %(day)s", fact=what, day=told)
    if not any(name in when for name in _ORDERS):
        return say("%(fact)s is %(words)s", fact=what, words=told)
    if when.get("for_last"):
        count = when["for_last"]
        return say("%(fact)s is %(limit)s in each of the last %(count)s messages", fact=what, limit=told, count=count)
    return say("%(fact)s is %(limit)s", fact=what, limit=told)


def _fact(when: Mapping[str, Any]) -> Fact | None:
    return fact_named(str(when.get("fact")))


def _fires(when: Mapping[str, Any], *, fires: bool) -> bool:
    return bool(when.get("if_unknown", "fire" if fires else "pass") == "fire")


def _or_unknown(clause: Told, when: Mapping[str, Any], *, fires: bool) -> Told:
    return say("%(clause)s or unknown", clause=clause) if _fires(when, fires=fires) else clause


def _measure(when: Mapping[str, Any], operator: str, currency: str) -> Says:
    fact, number = _fact(when), exact(when[operator])
    if number is None or fact is None:
        return str(when[operator])
    if fact.kind is Kind.MONEY:
        return Number(f"{with_cents(number)} {currency}")
    return Number(percent(number) if fact.kind is Kind.SHARE else plain(number))


def _bracketed(when: Any, currency: str) -> Says:
    told = condition(when, currency)
    return row("(", told, ")", between="") if isinstance(when, dict) and {"all", "any"} & when.keys() else told


def queue(rule: Mapping[str, Any]) -> Told | None:
    """The sentence about where its cases go."""
    return say("Queue %(queue)s.", queue=rule["queue"]) if rule.get("queue") else None


def more(rule: Mapping[str, Any]) -> Iterator[Told]:
    """The sentences about how urgent they are and who may decide them."""
    if rule.get("priority"):
        yield say("Priority %(priority)s.", priority=called(PRIORITIES, rule["priority"]))
    if rule.get("skills"):
        yield say("Needs %(skills)s.", skills=listed(words(rule["skills"])))


def _intents(value: Any) -> Says:
    return listed(words(value)) if words(value) else say_in("intents", "nothing")


def share(value: Any) -> Says:
    """`0.8` as `80 %`."""
    number = exact(value)
    return str(value) if number is None else Number(percent(number))


def several(found: list[str]) -> Says:
    """`a, b or c`, shortened where there are many."""
    found = [quoted(one)[1:-1] for one in found]
    if len(found) <= _SHOWN + 1:
        return either(found)
    return say("%(words)s or one of %(count)s more", words=", ".join(found[:_SHOWN]), count=len(found) - _SHOWN)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
