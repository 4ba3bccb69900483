"""Conditions: what a rule asks of the facts, answered yes, no or unknown, and explained in a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from reviewqueue.engine.catalogue import Fact, Kind
from reviewqueue.engine.expressions import Expression, ExpressionError, OversizeError
from reviewqueue.engine.operators import Among, Compare, HasAny, Operator, Seen
from reviewqueue.engine.wording import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.engine.patterns import Patterns
    from reviewqueue.engine.readings import Reading
    from reviewqueue.engine.view import View

_EXCERPT_LENGTH = 200
_NOUNS = "refund compensation reimbursement goodwill voucher discount credit payout payment charge transfer"
_MONEY_NOUNS = tuple(_NOUNS.split())


class Truth(IntEnum):
    """Four answers in order, so that `all` is the least, `any` the greatest, and unknown stays unknown under `not`.

    A rule fires from UNKNOWN_FIRES upwards: with `if_unknown: fire` a missing fact can only add scrutiny, however
    the condition is put together.
    """

    NO = 0
    UNKNOWN_PASSES = 1
    UNKNOWN_FIRES = 2
    YES = 3

    @property
    def fires(self) -> bool:
        """Whether a rule with this answer fires."""
        return self >= _FIRES


_NO, _FIRES, _YES = Truth.NO, Truth.UNKNOWN_FIRES, Truth.YES
_SAID = {True: Truth.YES, False: Truth.NO}
_NEGATED = (Truth.YES, Truth.UNKNOWN_PASSES, Truth.UNKNOWN_FIRES, Truth.NO)


class Finding(NamedTuple):
    """Why a condition answers as it does: a sentence, the value seen and the limit it was held against."""

    says: str
    observed: str
    threshold: str


class Condition(Protocol):
    """One question or several joined."""

    @property
    def of_action(self) -> bool:
        """Whether the answer may differ from action to action."""

    def truth(self, view: View) -> Truth:
        """The answer."""

    def findings(self, view: View) -> list[Finding]:
        """What led to it."""

    def measured(self, view: View) -> str:
        """The values held against a limit, for the trace of a rule that did not fire."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operator asked of one fact; of a series, of each of its `last` values."""

    fact: Fact
    operator: Operator
    read: Reading = field(compare=False)
    unknown: Truth
    subject: str
    last: int = 1

    @property
    def of_action(self) -> bool:
        """Whether the fact belongs to an action."""
        return self.fact.of_action

    def truth(self, view: View) -> Truth:
        """Yes when every value read answers yes."""
        values = view.seen(self.fact, self.read)
        if len(values) != 1:
            return self._judged(values)
        # All but a series: a policy asks nothing more often than this.
        holds = self.operator.holds(values[0].value)
        return self.unknown if holds is None else _YES if holds else _NO

    def findings(self, view: View) -> list[Finding]:
        """One sentence: what was seen, against what."""
        values = view.seen(self.fact, self.read)
        truth = self._judged(values)
        if truth not in {Truth.YES, Truth.NO}:
            says = f"{self._unknown(view)}; {self.operator.wants()}"
            return [Finding(says, "unknown", self.operator.threshold)]
        observed = ", ".join(value.observed for value in values)
        return [Finding(self._known(values, view, holds=truth is Truth.YES), observed, self.operator.threshold)]

    def measured(self, view: View) -> str:
        """The value, when it is one that has a limit."""
        if not isinstance(self.operator, Compare):
            return ""
        values = view.seen(self.fact, self.read)
        return ", ".join(value.observed for value in values) or "unknown"

    def _judged(self, values: list[Seen]) -> Truth:
        if not values:
            return self.unknown
        answers = [self.operator.holds(value.value) for value in values]
        return self.unknown if None in answers else _SAID[all(answers)]

    def _unknown(self, view: View) -> str:
        if self.fact.kind is Kind.MONEY:
            money = view.money(self.fact)
            named = f"{self._named(view)} {money.sent}"
            return f"{named}, counts as unknown" if money.sent != "unknown" else f"{self._named(view)} value is unknown"
        if self.fact.kind is Kind.FLAG:
            return f"whether {self.fact.yes} is unknown"
        return f"{self.subject} is unknown"

    def _known(self, values: list[Seen], view: View, *, holds: bool) -> str:
        if self.fact.kind is Kind.FLAG:
            return self.fact.yes if values[0].value else self.fact.no
        if holds and isinstance(self.operator, HasAny):
            return f"{self.subject} include {listed([quoted(one) for one in self.operator.shared(values[0].value)])}"
        if holds and isinstance(self.operator, Among):
            return f"{self.subject} is {values[0].text}"
        phrase = self.operator.phrase(holds=holds)
        if self.last > 1:
            texts = ", ".join(value.text for value in values)
            return f"{self.subject} of the last {self.last} messages ({texts}) {phrase}"
        return f"{self._named(view)} {values[0].text} {phrase}"

    def _named(self, view: View) -> str:
        if self.fact.kind is not Kind.MONEY or not self.fact.of_action:
            return self.subject
        name = str(view.action.get("name", "")).lower()
        return next((noun for noun in _MONEY_NOUNS if noun in name), name.replace("_", " ") or "action")


@dataclass(frozen=True, slots=True)
class Wrote:
    """Patterns looked for in what the customer wrote."""

    fact: Fact
    patterns: Patterns
    unknown: Truth

    @property
    def of_action(self) -> bool:
        """Whether the fact belongs to an action."""
        return self.fact.of_action

    def truth(self, view: View) -> Truth:
        """Yes when one of them is found."""
        text = view.text(self.fact)
        if text is None:
            return self.unknown
        return _SAID[view.worth_a_look(self.fact) and self.patterns.found(text)]

    def findings(self, view: View) -> list[Finding]:
        """The words a pattern found; the rest of what the customer wrote is no business of a reason."""
        text, threshold = view.text(self.fact), " | ".join(self.patterns.sources)
        if text is None:
            return [Finding(f"{self.fact.label} is unknown; the rule looks for patterns in it", "unknown", threshold)]
        found = self.patterns.first(text).strip()[:_EXCERPT_LENGTH]
        says = f"customer wrote {quoted(found)}" if found else "customer wrote nothing that the rule looks for"
        return [Finding(says, found, threshold)]

    def measured(self, view: View) -> str:  # noqa: ARG002 - a Condition's method
        """Nothing: what the rule does not look for stays between the customer and the agent."""
        return ""


@dataclass(frozen=True, slots=True)
class Expert:
    """A CEL expression. One that fails on known facts counts as an unknown that fires.

    ``unknown`` is what the policy chose; where it chose nothing, the facts that are missing say it, as in `Asked`.
    """

    expression: Expression
    unknown: Truth | None

    @property
    def of_action(self) -> bool:
        """Whether it asks about the action."""
        return any(fact.of_action for fact in self.expression.facts)

    def truth(self, view: View) -> Truth:
        """What the expression gives."""
        return self._answer(view)[0]

    def findings(self, view: View) -> list[Finding]:
        """The expression itself and the facts it saw."""
        says = f"the condition {self.expression.source} {self._answer(view)[1]}"
        return [Finding(says, self.expression.observed(view), self.expression.source)]

    def measured(self, view: View) -> str:  # noqa: ARG002 - a Condition's method
        """Nothing: an expression says what it saw only when it fires."""
        return ""

    def _answer(self, view: View) -> tuple[Truth, str]:
        try:
            holds = self.expression.holds(view)
        except (ExpressionError, OversizeError) as error:
            return Truth.UNKNOWN_FIRES, f"could not be evaluated: {error}"
        if holds is None:
            return self._open(view), "hangs on a fact that is unknown"
        return (Truth.YES, "holds") if holds else (Truth.NO, "does not hold")

    def _open(self, view: View) -> Truth:
        if self.unknown is not None:
            return self.unknown
        fires = any(fact.fires for fact in self.expression.missing(view))
        return Truth.UNKNOWN_FIRES if fires else Truth.UNKNOWN_PASSES


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold."""

    parts: tuple[Condition, ...]

    @property
    def of_action(self) -> bool:
        """Whether one part asks about the action."""
        return any(part.of_action for part in self.parts)

    def truth(self, view: View) -> Truth:
        """The least of the parts' answers."""
        least = _YES
        for part in self.parts:
            if (truth := part.truth(view)) < least:
                if truth is _NO:
                    return truth
                least = truth
        return least

    def findings(self, view: View) -> list[Finding]:
        """All parts when it fires, else those that kept it from firing."""
        truths = [part.truth(view) for part in self.parts]
        least = min(truths, default=_YES)
        return _told(self.parts if least.fires else _answering(self.parts, truths, least), view)

    def measured(self, view: View) -> str:
        """What the parts measured."""
        return _measured(self.parts, view)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: tuple[Condition, ...]

    @property
    def of_action(self) -> bool:
        """Whether one part asks about the action."""
        return any(part.of_action for part in self.parts)

    def truth(self, view: View) -> Truth:
        """The greatest of the parts' answers."""
        greatest = _NO
        for part in self.parts:
            if (truth := part.truth(view)) > greatest:
                if truth is _YES:
                    return truth
                greatest = truth
        return greatest

    def findings(self, view: View) -> list[Finding]:
        """The parts that made it fire, else all of them."""
        truths = [part.truth(view) for part in self.parts]
        greatest = max(truths, default=_NO)
        return _told(_answering(self.parts, truths, greatest) if greatest.fires else self.parts, view)

    def measured(self, view: View) -> str:
        """What the parts measured."""
        return _measured(self.parts, view)


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold; what is unknown stays so."""

    part: Condition

    @property
    def of_action(self) -> bool:
        """Whether the part asks about the action."""
        return self.part.of_action

    def truth(self, view: View) -> Truth:
        """The other answer."""
        return _NEGATED[self.part.truth(view)]

    def findings(self, view: View) -> list[Finding]:
        """Those of the part: they say what is, not what is asked."""
        return self.part.findings(view)

    def measured(self, view: View) -> str:
        """What the part measured."""
        return self.part.measured(view)


def joined(findings: list[Finding]) -> Finding:
    """Several findings as one, each said once."""
    return Finding(
        listed(list(dict.fromkeys(finding.says for finding in findings))),
        ", ".join(dict.fromkeys(finding.observed for finding in findings)),
        ", ".join(dict.fromkeys(finding.threshold for finding in findings)),
    )


def _answering(parts: Iterable[Condition], truths: Iterable[Truth], wanted: Truth) -> list[Condition]:
    return [part for part, truth in zip(parts, truths, strict=True) if truth is wanted]


def _told(parts: Iterable[Condition], view: View) -> list[Finding]:
    return [finding for part in parts for finding in part.findings(view)]


def _measured(parts: Iterable[Condition], view: View) -> str:
    return ", ".join(measured for part in parts if (measured := part.measured(view)))
