"""Budgets and wait contracts as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.amounts import exact, with_cents
from reviewqueue.engine.saying import Label, Number, Told, listed, row, say, say_in
from reviewqueue.engine.telling import OUTCOMES, called, more, places, queue, scope, several, words
from reviewqueue.engine.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewqueue.engine.telling import Says

_THEN: Final = {
    "callback": say_in("then", "they are offered a call"),
    "chat": say_in("then", "a person is called to join them"),
    "answer": say_in("then", "they get an answer in part"),
    "decline": say_in("then", "everything is declined"),
}
_SPANS: Final = {
    "minute": say_in("in any", "minute"),
    "hour": say_in("in any", "hour"),
    "day": say_in("in any", "day"),
    "week": say_in("in any", "week"),
}


def budget(rule: Mapping[str, Any], currency: str) -> Told:
    """One budget: `At most 300.00 EUR of actions named refund* may run in a day for each customer. …`."""
    return row(_allowed(rule, currency), _beyond(rule), queue(rule), *more(rule))


def _allowed(rule: Mapping[str, Any], currency: str) -> Told:
    values = {"most": _most(rule, currency), "span": window(rule.get("within"))}
    proposed = rule.get("counts") == "proposed"
    if not rule.get("per"):
        if proposed:
            return say("At most %(most)s may be proposed in any %(span)s.", **values)
        return say("At most %(most)s may run without a person in any %(span)s.", **values)
    values["each"] = listed(map(Label, words(rule["per"])))
    if proposed:
        return say("At most %(most)s may be proposed in any %(span)s for each %(each)s.", **values)
    return say("At most %(most)s may run without a person in any %(span)s for each %(each)s.", **values)


def window(within: Any) -> Says:
    """The stretch of time of a budget, as it stands after `in any`."""
    return called(_SPANS, within)


def _most(rule: Mapping[str, Any], currency: str) -> Says:
    number, match = exact(rule.get("sum")), rule.get("match") or {}
    if number is not None:
        return say("%(sum)s of %(what)s", sum=Number(f"{with_cents(number)} {currency}"), what=scope(match))
    counted = scope(match) if {"kind", "action"} & match.keys() else row(say("proposals"), *places(match))
    return say("%(count)s %(what)s", count=rule.get("count"), what=counted)


def _beyond(rule: Mapping[str, Any]) -> Told:
    told = called(OUTCOMES, rule.get("outcome", "review"))
    if not rule.get("pause"):
        return say("What goes beyond is %(outcome)s.", outcome=told)
    paused = Label(str(rule["pause"]), within=True)
    return say("What goes beyond is %(outcome)s, and %(paused)s is paused.", outcome=told, paused=paused)


def wait(rule: Mapping[str, Any]) -> Told:
    """One wait contract: `Customers in the channel chat wait at most 30 min; then a person is called to join them.`."""
    match = rule.get("match") or {}
    who: Says = say("Customers")
    if "tier" in match:
        who = say("Customers of the tier %(tiers)s", tiers=several(words(match["tier"])))
    rest = {key: value for key, value in match.items() if key != "tier"}
    then = called(_THEN, rule.get("then"))
    if rule.get("queue"):
        then = say("%(then)s, in the queue %(queue)s", then=then, queue=rule["queue"])
    longest = span(rule.get("seconds"))
    told = say(
        "%(customers)s wait at most %(span)s; then %(then)s.",
        customers=row(who, *places(rest)),
        span=longest,
        then=then,
    )
    return row(told, *_texts(rule))


def span(seconds: Any) -> Says:
    """`90 s`, `30 min`, `2 h`: the largest unit that says it exactly."""
    if seconds == 86_400:  # noqa: PLR2004 - a day
        return say("1 d")
    if isinstance(seconds, int) and seconds and seconds % 86_400 == 0:
        return say("%(count)s d", count=seconds // 86_400)
    if not isinstance(seconds, int):
        return str(seconds)
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _texts(rule: Mapping[str, Any]) -> Iterator[Told]:
    if rule.get("message"):
        yield say("They read meanwhile: %(texts)s.", texts=texts(rule["message"]))
    if rule.get("say"):
        yield say("They read then: %(texts)s.", texts=texts(rule["say"]))


def texts(by_language: Any) -> str:
    """`“We look at it” (en), “Wir prüfen es” (de)`."""
    if not isinstance(by_language, dict):
        return str(by_language)
    return ", ".join(f"{quoted(str(text))} ({tag})" for tag, text in sorted(by_language.items()))
