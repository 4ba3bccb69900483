"""Why a case is here, in the reader's language and with their separators.

The ledger and the API keep the engine's English sentence. It has few shapes (``engine/conditions.py``,
``engine/operators.py``), and here they are read back; a sentence of any other shape is shown as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from reviewqueue.queries.numbers import sums
from reviewqueue.queries.reason_words import LABELS, RULES, RUNGS, SENTENCES
from reviewqueue.web.render import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.utils.functional import _StrPromise

_NUMBER: Final = r"[+-]?\d{1,40}(?:\.\d{1,40})?"
_SUM: Final = rf"{_NUMBER}(?: %| [A-Z]{{3}}(?: \({_NUMBER} [A-Z]{{3}}\))?)?"
_VALUE: Final = rf"(?:{_SUM}|\d{{4}}-\d\d-\d\d)"
_SAID: Final = r"“[^“”]*”"
# A sentence joins what several conditions found; more parts than this are left as they are.
_MOST_PARTS: Final = 12
_LONGEST: Final = 2000
_BREAK: Final = re.compile(r"(, | and )(?=(?:[^“”]|“[^“”]*”)*$)")
_WISHES: Final[dict[str, _StrPromise]] = {
    "needs at least": _("the rule needs at least %(limit)s"),
    "needs more than": _("the rule needs more than %(limit)s"),
    "allows at most": _("the rule allows at most %(limit)s"),
    "allows only less than": _("the rule allows only less than %(limit)s"),
}
_COMPARED: Final[dict[str, _StrPromise]] = {
    "is over": _("%(what)s %(value)s is over %(limit)s"),
    "is not over": _("%(what)s %(value)s is not over %(limit)s"),
    "is at least": _("%(what)s %(value)s is at least %(limit)s"),
    "is not at least": _("%(what)s %(value)s is not at least %(limit)s"),
    "is under": _("%(what)s %(value)s is under %(limit)s"),
    "is not under": _("%(what)s %(value)s is not under %(limit)s"),
    "is at most": _("%(what)s %(value)s is at most %(limit)s"),
    "is not at most": _("%(what)s %(value)s is not at most %(limit)s"),
}
_ALWAYS: Final[dict[str, _StrPromise]] = {
    "is always watched": _("%(what)s is always watched"),
    "is always reviewed": _("%(what)s is always reviewed"),
    "always goes to a person": _("%(what)s always goes to a person"),
}
_WITHIN: Final[dict[str, _StrPromise]] = {
    "minute": _("in the last minute"),
    "hour": _("in the last hour"),
    "day": _("in the last day"),
    "week": _("in the last week"),
}


def told(says: str) -> str:
    """A reason of the engine as the reader's language has it."""
    return _told(says, get_language())


def rule(name: str) -> str:
    """What a rule is called at a glance."""
    return str(RULES[name]) if name in RULES else words(name)


def measured(text: str) -> str:
    """A value or a limit by itself, as people write it: ``2,790.00``."""
    if text == "unknown":
        return gettext("unknown")
    return sums(text) if re.fullmatch(_SUM, text) else text


@lru_cache(maxsize=4096)
def _told(says: str, _language: str | None) -> str:
    if len(says) > _LONGEST:
        return says
    return _clause(says) or _joined(says) or _quoting(says) or says


def _quoting(says: str) -> str:
    """The customer's words where they hold quotation marks of their own."""
    found = re.fullmatch(r"customer wrote (“.*”)", says, re.DOTALL)
    return _wrote(found[1]) if found and says.count("customer wrote “") == 1 else ""


def _joined(says: str) -> str:
    """What several conditions found, each of which must be one that is known."""
    pieces = _BREAK.split(says)
    if not 1 < len(pieces) <= 2 * _MOST_PARTS:
        return ""
    found = _parts(pieces)
    return _listed(found) if found else ""


def _parts(pieces: list[str]) -> list[str]:
    """Clauses that together are all of it, from its end; commas and ``and`` within one join it again."""
    known: dict[int, list[str]] = {len(pieces) + 1: []}
    for start in range(len(pieces) - 1, -1, -2):
        for end in range(start + 1, len(pieces) + 1, 2):
            if end + 1 in known and (clause := _clause("".join(pieces[start:end]))):
                known[start] = [clause, *known[end + 1]]
                break
    return known.get(0, [])


def _clause(says: str) -> str:
    if says in SENTENCES:
        return str(SENTENCES[says])
    for shape, tell in _SHAPES:
        if found := shape.fullmatch(says):
            return str(tell(**{name: value or "" for name, value in found.groupdict().items()}))
    return ""


def _compared(what: str, value: str, how: str, limit: str) -> str:
    return _COMPARED[how] % {"what": _label(what), "value": sums(value), "limit": sums(limit)}


def _series(what: str, count: str, values: str, how: str, limit: str) -> str:
    last = gettext("%(what)s of the last %(count)s messages") % {"what": _label(what), "count": count}
    return _COMPARED[how] % {"what": last, "value": f"({sums(values)})", "limit": sums(limit)}


def _unknown(what: str, wish: str) -> str:
    says = gettext("%(what)s is unknown") % {"what": _label(what.removesuffix(" value"))}
    return f"{says}; {wanted}" if (wanted := _wanted(wish)) else ""


def _without_rate(what: str, value: str, wish: str) -> str:
    says = gettext("%(what)s %(value)s has no rate in the policy and counts as unknown")
    told = says % {"what": _label(what), "value": sums(value)}
    return f"{told}; {wanted}" if (wanted := _wanted(wish)) else ""


def _not_known(fact: str, wish: str) -> str:
    says = gettext("it is unknown whether %(fact)s") % {"fact": SENTENCES[fact]} if fact in SENTENCES else ""
    return says if says and wish else ""


def _wanted(wish: str) -> str:
    for how, says in _WISHES.items():
        if wish.startswith(f"{how} "):
            return says % {"limit": sums(wish.removeprefix(f"{how} "))}
    return gettext("the rule looks for patterns in it") if wish == "looks for patterns in it" else ""


def _include(what: str, said: str) -> str:
    return gettext("%(what)s include %(words)s") % {"what": _label(what), "words": _words(said)}


def _is(what: str, value: str) -> str:
    return gettext("%(what)s is %(value)s") % {"what": _label(what), "value": _quoted(value)}


def _wrote(said: str) -> str:
    return gettext("customer wrote %(words)s") % {"words": _quoted(said)}


def _always(where: str, how: str) -> str:
    if where == "every proposal":
        return _ALWAYS[how] % {"what": gettext("every proposal")}
    return _ALWAYS[how] % {"what": _scoped(where)}


def _scoped(where: str) -> str:
    """``agent wren-chat and intent refund``."""
    keys = [scope.partition(" ") for scope in re.split(r", | and ", where)]
    return _listed([f"{_label(key)} {value}".strip() for key, _space, value in keys])


def _paused(of: str, name: str) -> str:
    says = {
        "agent": gettext("the agent %(name)s is paused"),
        "intent": gettext("the intent %(name)s is paused"),
        "action": gettext("the action %(name)s is paused"),
    }
    return says[of] % {"name": name}


def _rung(what: str, how: str) -> str:
    return RUNGS[how] % {"what": words(what)}


def _form(topic: str) -> str:
    return gettext("written by the contact form: %(topic)s") % {"topic": topic}


def _stepped(who: str) -> str:
    return gettext("%(who)s stepped in") % {"who": who}


def _broken(name: str, error: str) -> str:
    says = gettext("the rule %(name)s could not be evaluated (%(error)s) and counts as fired")
    return says % {"name": name, "error": error}


def _spent(*, name: str, used: str, most: str, within: str, whom: str, more: str) -> str:
    """A budget that an action does not fit into."""
    of_whom = gettext("%(name)s: %(used)s of %(most)s are used %(within)s by %(whom)s")
    says = of_whom if whom else gettext("%(name)s: %(used)s of %(most)s are used %(within)s")
    told = {"name": name, "used": sums(used), "most": sums(most), "within": _WITHIN[within]}
    says %= told | {"whom": _scoped(whom)}
    if not more:
        return f"{says}; {gettext('how much more this is is unknown')}"
    return f"{says}; {gettext('%(more)s more is too much') % {'more': sums(more)}}"


def _label(what: str) -> str:
    return str(LABELS[what]) if what in LABELS else what


def _words(said: str) -> str:
    return _listed([_quoted(each) for each in re.findall(_SAID, said)])


def _quoted(said: str) -> str:
    return gettext("“%(words)s”") % {"words": said[1:-1]}


def _listed(parts: list[str]) -> str:
    if len(parts) < 2:  # noqa: PLR2004 - one is no list
        return "".join(parts)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def _shapes() -> Iterator[tuple[re.Pattern[str], Callable[..., Any]]]:
    how = "|".join(_COMPARED)
    yield re.compile(rf"customer wrote (?P<said>{_SAID})"), _wrote
    series = (
        rf"(?P<what>.+) of the last (?P<count>\d+) messages \((?P<values>[^()]*)\) (?P<how>{how}) (?P<limit>{_VALUE})"
    )
    yield re.compile(series), _series
    yield re.compile(rf"(?P<what>[^“”]+?) (?P<value>{_VALUE}) (?P<how>{how}) (?P<limit>{_VALUE})"), _compared
    yield re.compile(rf"(?P<what>[^“”]+) include (?P<said>{_SAID}(?:(?:, | and ){_SAID})*)"), _include
    yield re.compile(r"whether (?P<fact>[^“”]+) is unknown; the rule (?P<wish>[^“”]+)"), _not_known
    rate = rf"(?P<what>[^“”]+?) (?P<value>{_SUM}), for which the policy has no rate, counts as unknown"
    yield re.compile(rf"{rate}; the rule (?P<wish>.+)"), _without_rate
    yield re.compile(r"(?P<what>[^“”]+) is unknown; the rule (?P<wish>[^“”]+)"), _unknown
    yield re.compile(rf"(?P<what>[^“”]+?) is (?P<value>{_SAID})"), _is
    yield re.compile(rf"(?P<where>[^“”]+) (?P<how>{'|'.join(_ALWAYS)})"), _always
    yield re.compile(r"the (?P<of>agent|intent|action) (?P<name>\S+) is paused"), _paused
    yield re.compile(rf"(?P<what>\S+) (?P<how>{'|'.join(RUNGS)})"), _rung
    yield re.compile(r"written by the contact form: (?P<topic>.+)"), _form
    yield re.compile(r"the rule (?P<name>\S+) could not be evaluated \((?P<error>\w+)\) and counts as fired"), _broken
    used = (
        rf"(?P<name>[^“”]+): (?P<used>{_SUM}) of (?P<most>{_SUM}) are used in the last (?P<within>{'|'.join(_WITHIN)})"
    )
    more = rf"(?:; (?P<more>{_SUM}) more is too much|, and how much more this is is unknown)"
    yield re.compile(rf"{used}(?: by (?P<whom>[^;“”]+?))?{more}"), _spent
    yield re.compile(r"(?P<who>[^“”,]{1,80}) stepped in"), _stepped


_SHAPES: Final = tuple(_shapes())
