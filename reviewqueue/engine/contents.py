"""What a condition is made of, as far as a policy wants to know before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewqueue.engine.conditions import AllOf, AnyOf, Asked, Condition, Expert, Not, Wrote
from reviewqueue.engine.operators import Compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.engine.catalogue import Fact


def measures(condition: Condition | None) -> bool:
    """Whether there is a value to note of it where it does not hold."""
    match condition:
        case Asked():
            return isinstance(condition.operator, Compare)
        case AllOf() | AnyOf():
            return any(map(measures, condition.parts))
        case Not():
            return measures(condition.part)
    return False


def phrases(condition: Condition | None) -> Iterator[str]:
    """Every pattern that a condition looks for in what the customer wrote."""
    match condition:
        case Wrote():
            yield from condition.patterns.sources
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from phrases(part)
        case Not():
            yield from phrases(condition.part)


def asked_of(condition: Condition | None) -> Iterator[Fact]:
    """Every fact that a condition asks about."""
    match condition:
        case Asked() | Wrote():
            yield condition.fact
        case Expert():
            yield from condition.expression.facts
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from asked_of(part)
        case Not():
            yield from asked_of(condition.part)
