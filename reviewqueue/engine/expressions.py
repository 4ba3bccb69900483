"""Expert conditions in CEL, kept small: declared facts only, no patterns, bounded length, nesting and input."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

# Its command line, which the package imports with itself, would bring 11 MB of programs for terminals.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402 - after that

from reviewqueue.engine.catalogue import FACTS, Fact, Kind, fact_named  # noqa: E402 - the same
from reviewqueue.engine.faults import meant  # noqa: E402 - the same
from reviewqueue.engine.wording import listed  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.engine.view import View

MAX_LENGTH = 1000
MAX_NESTING = 12
MAX_LOOPS = 2
# What one expression may be given to chew on, in characters; facts larger than this make the rule fire instead.
MAX_INPUT = 200_000
# CEL builds lists in quadratic time, so an entry weighs as much as a long word.
_ENTRY = 100
_LOOPS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_CALLS = frozenset({"contains", "double", "endsWith", "has", "int", "size", "startsWith", "string"})
_KEYWORDS = frozenset({"true", "false", "null", "in"})
_MONEY = frozenset({"action.value", "customer.lifetime_value"})
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>[rR]"[^"\n]*" | [rR]'[^'\n]*' | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
  | (?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)u?)
  | (?P<path>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
  | (?P<member>\.\s*[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:,])
    """,
    re.VERBOSE | re.ASCII,
)


class ExpressionError(ValueError):
    """An expression that is not accepted; the message is a sentence."""


class OversizeError(ValueError):
    """A fact is too large to be looked at by an expression."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression and the facts it asks about."""

    source: str
    program: cel.Program
    facts: tuple[Fact, ...]

    def holds(self, view: View) -> bool | None:
        """Whether it is true; None when that hangs on a fact that is not known.

        A fact that is not known is left out, so that `&&` and `||` decide by the other side where they can.
        Raises `ExpressionError` when it fails on known facts, `OversizeError` when they are too large.
        """
        given = {fact.name: _given(fact, view) for fact in self.facts}
        if sum(_size(value) for value in given.values()) > MAX_INPUT:
            raise OversizeError("its facts are too large for an expression")
        try:
            answer = self.program.execute(_tree(given))
        except Exception as error:
            if any(value is None for value in given.values()):
                return None
            raise ExpressionError(_first_complaint(error)) from error
        if not isinstance(answer, bool):
            raise ExpressionError(f"it gives {type(answer).__name__}, not true or false")
        return answer

    def missing(self, view: View) -> list[Fact]:
        """The facts that are not known."""
        return [fact for fact in self.facts if _given(fact, view) is None]

    def observed(self, view: View) -> str:
        """The facts it saw, for the reason: `customer.tier=gold, action.value=60.0`."""
        given = ((fact.name, _given(fact, view)) for fact in self.facts)
        return ", ".join(f"{name}={'unknown' if value is None else str(value)[:80]}" for name, value in given)


@lru_cache(maxsize=1024)
def compiled(source: str) -> Expression:
    """Compile an expression. Raises `ExpressionError` with a sentence that says what to change."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters")
    reader = _Reader(source)
    facts = reader.facts()
    try:
        program = cel.compile(source)
    except Exception as error:
        raise ExpressionError(f"is not CEL: {_first_complaint(error)}") from error
    if strays := set(program.variables()) - reader.bound - {fact.name.split(".")[0] for fact in facts}:
        raise ExpressionError(f"there is no fact {min(strays)}")
    _try(program, facts)
    return Expression(source, program, facts)


def _try(program: cel.Program, facts: tuple[Fact, ...]) -> None:
    """Refuse what cannot come out as true or false whatever the facts are."""
    if any(fact.kind is Kind.FREE for fact in facts):
        return
    try:
        answer = program.execute(_tree({fact.name: _SAMPLES[fact.kind] for fact in facts}))
    except TypeError as error:
        raise ExpressionError(f"mixes kinds of values: {_first_complaint(error)}") from error
    except Exception:  # noqa: BLE001 - a sample may well lack what a real value has, an index for instance
        return
    if not isinstance(answer, bool):
        raise ExpressionError(f"gives {type(answer).__name__}, not true or false")


def _first_complaint(error: Exception) -> str:
    text = str(error)
    told = text.partition("ERROR: <input>:")[2] or text.partition(". ")[0]
    return told.splitlines()[0]


class _Reader:
    """Walks the tokens once and refuses whatever could reach undeclared names or run long."""

    def __init__(self, source: str) -> None:
        self.tokens = list(_tokens(source))
        self.bound: set[str] = set()
        self.found: dict[str, Fact] = {}
        self.open: list[bool] = []  # for each open bracket, whether it is the body of a loop
        self.loops = 0

    def facts(self) -> tuple[Fact, ...]:
        for index, (kind, text) in enumerate(self.tokens):
            following = self.tokens[index + 1][1] if index + 1 < len(self.tokens) else ""
            match kind:
                case "path":
                    self._path(text.split("."), following)
                case "member":
                    self._member(text[1:].split("."), index, following)
                case "open":
                    self._open(index)
                case "close" if self.open:
                    self.open.pop()
                case "text" if following[-1:] in {"'", '"'}:
                    raise ExpressionError("a text starts and ends with one quotation mark")
        return tuple(self.found.values())

    def _open(self, index: int) -> None:
        self.open.append(self._is_loop(index))
        if len(self.open) > MAX_NESTING:
            raise ExpressionError(f"brackets nest deeper than {MAX_NESTING}")

    def _is_loop(self, index: int) -> bool:
        kind, text = self.tokens[index - 1] if index else ("", "")
        if self.tokens[index][1] != "(" or kind not in {"path", "member"} or text.split(".")[-1] not in _LOOPS:
            return False
        self.loops += 1
        if self.loops > MAX_LOOPS or any(self.open):
            raise ExpressionError(f"at most {MAX_LOOPS} of {listed(sorted(_LOOPS))}, and none inside another")
        self._bind(index + 1)
        return True

    def _bind(self, index: int) -> None:
        kind, name = self.tokens[index] if index < len(self.tokens) else ("", "")
        if kind != "path" or "." in name or name in _ROOTS:
            raise ExpressionError("a loop starts with a name of its own, as in exists(topic, topic == 'legal')")
        self.bound.add(name)

    def _path(self, steps: list[str], following: str) -> None:
        if len(steps) == 1 and steps[0] in _KEYWORDS:
            return
        if following == "{":
            raise ExpressionError(f"{steps[0]} {{…}} would make a message; there are none here")
        if following == "(":
            self._call(steps.pop())
        if steps and steps[0] not in self.bound:
            fact = _fact(steps)
            self.found[fact.name] = fact

    def _member(self, steps: list[str], index: int, following: str) -> None:
        if index == 0 or self.tokens[index - 1][0] not in {"close", "text"}:
            raise ExpressionError("a name must not start with a point")
        if following == "(":
            self._call(steps.pop())

    def _call(self, name: str) -> None:
        if name == "matches":
            raise ExpressionError("matches is not available here; use the operator matches_any")
        if name not in _CALLS | _LOOPS:
            raise ExpressionError(f"there is no function {name} here; {meant(name, _CALLS | _LOOPS)}")


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None or match.lastgroup is None or source.startswith("//", at):
            raise ExpressionError(f"{source[at]!r} at character {at + 1} has no place in an expression")
        at = match.end()
        if match.lastgroup != "space":
            yield match.lastgroup, re.sub(r"\s", "", match[0]) if match.lastgroup in {"path", "member"} else match[0]


def _fact(steps: list[str]) -> Fact:
    """The declared fact that a dotted path starts with."""
    name = ".".join(steps)
    if name == "action.args":
        return _ALL_ARGS
    for fact in _MONEY:
        if name == f"{fact}.amount":
            return FACTS[fact]
        if name == fact or name.startswith(f"{fact}."):
            raise ExpressionError(f"write {fact}.amount; it is a number in the policy's currency")
    if found := fact_named(name):
        return found
    raise ExpressionError(f"there is no fact {name}; {meant(name, _EXPRESSIBLE)}")


def _given(fact: Fact, view: View) -> Any:
    match fact.kind:
        case Kind.MONEY:
            worth = view.money(fact).worth
            return None if worth is None else float(worth)
        case Kind.NUMBER | Kind.SHARE:
            number = view.number(fact)
            return None if number is None else float(number)
        case Kind.SERIES:
            return [float(number) for number in view.series(fact)] or None
        case Kind.TEXT:
            return view.text(fact)
        case _:
            return view.raw(fact)


def _tree(given: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {name.split(".")[0]: {} for name in given if "." in name}
    whole = given.get("action.args") is not None
    for name in sorted(name for name in given if not (whole and name.startswith("action.args."))):
        *above, last = [*name.split("."), "amount"] if name in _MONEY else name.split(".")
        if given[name] is not None:
            branch = tree
            for step in above:
                branch = branch.setdefault(step, {})
            branch[last] = given[name]
    return tree


def _size(value: Any) -> int:
    if isinstance(value, str):
        return _ENTRY + len(value)
    if isinstance(value, dict):
        return _ENTRY + sum(len(key) + _size(item) for key, item in value.items())
    return _ENTRY + sum(map(_size, value)) if isinstance(value, list) else _ENTRY


_ALL_ARGS = Fact("action.args", Kind.FREE, "arguments", ("args",), of_action=True)
_SAMPLES: dict[Kind, Any] = {
    Kind.MONEY: 1.0,
    Kind.NUMBER: 1.0,
    Kind.SHARE: 0.5,
    Kind.SERIES: [0.5],
    Kind.WORD: "word",
    Kind.FLAG: True,
    Kind.WORDS: ["word"],
    Kind.TEXT: "words",
    Kind.DATE: "2026-01-31",
}
_ROOTS = frozenset(name.split(".")[0] for name in FACTS)
_EXPRESSIBLE = frozenset(f"{name}.amount" if name in _MONEY else name for name in FACTS) | {"action.args"}
