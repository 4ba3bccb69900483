"""What a condition is made of, as far as a policy wants to know before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewqueue.engine.conditions import AllOf, AnyOf, Asked, Condition, Not, Wrote
from reviewqueue.engine.operators import Compare

if TYPE_CHECKING:
    from collections.abc import Iterator


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
