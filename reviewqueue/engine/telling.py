"""Rules as sentences: what a policy file says, for people who do not read YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.amounts import exact, percent, plain, with_cents
from reviewqueue.engine.catalogue import Kind, fact_named
from reviewqueue.engine.wording import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHOWN: Final = 6
_KINDS: Final = {"tool_call": "actions", "reply": "replies", "question": "questions", "handoff": "handovers"}
MODES: Final = {
    "out_of_the_loop": "released at once",
    "on_the_loop": "released under supervision",
    "in_the_loop": "held for a person",
    "human_only": "kept for a person alone",
}
OUTCOMES: Final = {
    "watch": "watched by a supervisor",
    "review": "held for a person",
    "handoff": "handed over to a person",
}
_ORDERS: Final = {"over": "over", "at_least": "at least", "under": "under", "at_most": "at most"}


def title(name: str) -> str:
    """`refund-over-limit` → `Refund over limit`."""
    words = name.replace("_", " ").replace("-", " ").strip() or "A rule without a name"
    return words[:1].upper() + words[1:]


def oversight(rule: Mapping[str, Any]) -> str:
    """One oversight rule: `Replies with the intent store_hours are released at once`."""
    return f"{_capital(scope(rule.get('match') or {}))} are {mode(rule)}.{_queue(rule)}"


def mode(rule: Mapping[str, Any]) -> str:
    """What an oversight rule does."""
    told = MODES.get(str(rule.get("mode")), str(rule.get("mode")))
    return f"{told}, after {rule['veto_seconds']} s in which it can be stopped" if rule.get("veto_seconds") else told


def risk_level(rule: Mapping[str, Any], currency: str) -> str:
    """One risk level."""
    when = f" for which {condition(rule['when'], currency)}" if rule.get("when") else ""
    return f"{_capital(scope(rule.get('match') or {}))}{when} count as {rule.get('level')} risk."


def trigger(rule: Mapping[str, Any], currency: str) -> str:
    """One trigger: `Actions named *refund* are held for a person when the value is over 200.00 EUR or unknown`."""
    when = f" when {condition(rule['when'], currency)}" if rule.get("when") else ", always"
    return f"{_capital(scope(rule.get('match') or {}))} are {outcome(rule)}{when}.{_queue(rule)}{_more(rule)}"


def outcome(rule: Mapping[str, Any]) -> str:
    """What a trigger asks for."""
    told = OUTCOMES.get(str(rule.get("outcome")), str(rule.get("outcome")))
    veto = f", who has {rule['veto_seconds']} s to stop it" if rule.get("veto_seconds") else ""
    return told + veto + (", by two people" if rule.get("eyes") == 2 else "")  # noqa: PLR2004 - four eyes are two people


def budget(rule: Mapping[str, Any], currency: str) -> str:
    """One budget: `At most 300.00 EUR of actions named refund* may run in a day for each customer. …`."""
    return f"{_capital(_allowed(rule, currency))}. {_beyond(rule)}{_queue(rule)}{_more(rule)}"


def _allowed(rule: Mapping[str, Any], currency: str) -> str:
    number = exact(rule.get("sum"))
    where = scope(rule.get("match") or {})
    most = f"{rule.get('count')} {where}" if number is None else f"{with_cents(number)} {currency} of {where}"
    counted = "may be proposed" if rule.get("counts") == "proposed" else "may run without a person"
    per = f" for each {listed(words(rule.get('per')))}" if rule.get("per") else ""
    return f"at most {most} {counted} in any {rule.get('within')}{per}"


def _beyond(rule: Mapping[str, Any]) -> str:
    pauses = f", and the {rule['pause']} is paused" if rule.get("pause") else ""
    return f"What goes beyond is {OUTCOMES.get(str(rule.get('outcome', 'review')), rule.get('outcome'))}{pauses}."


_THEN: Final = {
    "callback": "they are offered a call",
    "chat": "a person is called to join them",
    "answer": "they get an answer in part",
    "decline": "everything is declined",
}


def wait(rule: Mapping[str, Any]) -> str:
    """One wait contract: `Customers in the channel chat wait at most 30 min; then a person is called to join them.`."""
    match = {key: value for key, value in (rule.get("match") or {}).items() if key != "tier"}
    where = scope(match).removeprefix("all proposals") if match else ""
    tier = (
        f" of the tier {either(words((rule.get('match') or {}).get('tier')))}"
        if "tier" in (rule.get("match") or {})
        else ""
    )
    then = _THEN.get(str(rule.get("then")), str(rule.get("then")))
    moved = f", in the queue {rule['queue']}" if rule.get("queue") else ""
    return f"Customers{tier}{where} wait at most {span(rule.get('seconds'))}; then {then}{moved}.{_texts(rule)}"


def span(seconds: Any) -> str:
    """`90 s`, `30 min`, `2 h`: the largest unit that says it exactly."""
    if not isinstance(seconds, int):
        return str(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _texts(rule: Mapping[str, Any]) -> str:
    told = [(f" They read meanwhile: {texts(rule['message'])}.") if rule.get("message") else ""]
    told += [f" They read then: {texts(rule['say'])}." if rule.get("say") else ""]
    return "".join(told)


def texts(by_language: Any) -> str:
    """`“We look at it” (en), “Wir prüfen es” (de)`."""
    if not isinstance(by_language, dict):
        return str(by_language)
    return ", ".join(f"{quoted(str(text))} ({tag})" for tag, text in sorted(by_language.items()))


def mandate(rule: Mapping[str, Any]) -> Iterator[str]:
    """The written scope of an agent, a sentence each."""
    agents = listed(words(rule.get("agent")))
    yield f"{agents} may handle by itself: {_intents(rule.get('authorised'))}."
    if rule.get("always_human"):
        yield f"Always a person: {_intents(rule['always_human'])}."
    for one in _mappings(rule.get("by_confidence")):
        yield f"From a confidence of {share(one.get('at_least'))}: {_intents(one.get('intent'))}."
    yield "Every other intent goes to a person."


def scope(match: Mapping[str, Any]) -> str:
    """Where a rule applies: `replies with the intent faq in the channel email`."""
    kinds = [_KINDS.get(kind, f"{kind}s") for kind in words(match.get("kind"))]
    told = listed(kinds) if kinds else "all proposals" if "action" not in match else "actions"
    for key, values in match.items():
        if key != "kind":
            told += f" {_PLACES.get(key, f'with {key}')} {either(words(values))}"
    return told


_PLACES: Final = {
    "agent": "of the agent",
    "intent": "with the intent",
    "workflow": "in the workflow",
    "channel": "in the channel",
    "language": "in the language",
    "team": "of the team",
    "segment": "of the segment",
    "tier": "of customers of the tier",
    "action": "named",
    "risk": "at risk",
}


def condition(when: Any, currency: str) -> str:
    """A condition as a clause: `the value is over 200.00 EUR or unknown`."""
    if not isinstance(when, dict):
        return str(when)
    for head, word in (("all", " and "), ("any", " or ")):
        if isinstance(when.get(head), list):
            return word.join(_bracketed(part, currency) for part in when[head])
    if "not" in when:
        return f"it is not so that {condition(when['not'], currency)}"
    if "cel" in when:
        return f"the expression {when['cel']} holds{_unknown(when, fires=False)}"
    return _asked(when, currency)


def limit(when: Mapping[str, Any], currency: str) -> str:
    """The operator of a leaf with its limit: `over 200.00 EUR`."""
    operator = next((name for name in _OPERATORS if name in when), "")
    if operator in _ORDERS:
        return f"{_ORDERS[operator]} {_measure(when, operator, currency)}"
    if operator == "matches_any":
        count = len(words(when[operator]))
        return "like a pattern" if count == 1 else f"like one of {count} patterns"
    return either(words(when.get(operator))) if operator else "?"


def words(value: Any) -> list[str]:
    """A word or a list of them, as a list of whole words."""
    if value is None:
        return []
    return [_word(one) for one in value] if isinstance(value, list) else [_word(value)]


_OPERATORS: Final = (*_ORDERS, "is", "in", "has_any", "matches_any")


def _asked(when: Mapping[str, Any], currency: str) -> str:
    fact = fact_named(str(when.get("fact")))
    if fact is None:
        return f"{when.get('fact')} {limit(when, currency)}"
    unknown = _unknown(when, fires=fact.fires)
    if fact.kind is Kind.FLAG and isinstance(when.get("is"), bool):
        return (fact.yes if when["is"] else fact.no) + unknown.replace("unknown", "nobody says")
    last = f" in each of the last {when['for_last']} messages" if when.get("for_last") else ""
    if "matches_any" in when:
        subject = "the customer's words are" if fact.kind is Kind.TEXT else f"the {fact.label} is"
        return f"{subject} {limit(when, currency)}{unknown}"
    if "has_any" in when:
        return f"the {fact.label} include {limit(when, currency)}{unknown}"
    counted = fact.kind is Kind.WORDS and any(name in when for name in _ORDERS)
    subject = f"number of {fact.label}" if counted else fact.label
    return f"the {subject} is {limit(when, currency)}{last}{unknown}"


def _unknown(when: Mapping[str, Any], *, fires: bool) -> str:
    return " or unknown" if when.get("if_unknown", "fire" if fires else "pass") == "fire" else ""


def _measure(when: Mapping[str, Any], operator: str, currency: str) -> str:
    fact, number = fact_named(str(when.get("fact"))), exact(when[operator])
    if number is None or fact is None:
        return str(when[operator])
    if fact.kind is Kind.MONEY:
        return f"{with_cents(number)} {currency}"
    return percent(number) if fact.kind is Kind.SHARE else plain(number)


def _bracketed(when: Any, currency: str) -> str:
    told = condition(when, currency)
    return f"({told})" if isinstance(when, dict) and {"all", "any"} & when.keys() else told


def _queue(rule: Mapping[str, Any]) -> str:
    return f" Queue {rule['queue']}." if rule.get("queue") else ""


def _more(rule: Mapping[str, Any]) -> str:
    told = f" Priority {rule['priority']}." if rule.get("priority") else ""
    return told + (f" Needs {listed(words(rule['skills']))}." if rule.get("skills") else "")


def _intents(value: Any) -> str:
    return listed(words(value)) or "nothing"


def share(value: Any) -> str:
    """`0.8` as `80 %`."""
    number = exact(value)
    return str(value) if number is None else percent(number)


def either(found: list[str]) -> str:
    """`a, b or c`, shortened where there are many."""
    found = [quoted(one)[1:-1] for one in found]
    shown = found if len(found) <= _SHOWN + 1 else found[:_SHOWN]
    if len(found) > len(shown):
        return f"{', '.join(shown)} or one of {len(found) - _SHOWN} more"
    return listed(shown).replace(" and ", " or ") if len(shown) > 1 else "".join(shown)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
