"""One difference between two policies: a sentence, and what it does to scrutiny."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.saying import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Effect(StrEnum):
    """What can be proved of a change. What cannot be proved to be stricter or equal counts as loosening."""

    STRICTER = "stricter"
    LOOSER = "looser"
    UNCLEAR = "may be looser"
    EQUAL = "equal"

    @property
    def loosens(self) -> bool:
        """Could it let pass what was held?"""
        return self in {Effect.LOOSER, Effect.UNCLEAR}


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is where it stands in the later document, or stood in the earlier one (RFC 6901)."""

    path: str
    words: Told
    effect: Effect

    @property
    def says(self) -> str:
        """The sentence in English."""
        return str(self.words)

    def __str__(self) -> str:
        return self.says if self.effect is Effect.EQUAL else f"{self.says} ({self.effect})"


# A clause of a difference, and what it does.
Step = tuple[Told | str, Effect]


def loosens(differences: Iterable[Difference]) -> bool:
    """Whether one of them could let pass what was held."""
    return any(one.effect.loosens for one in differences)


def ranked(order: Sequence[Any], before: Any, after: Any) -> Effect:
    """The effect of moving along an order that goes from the loosest to the strictest."""
    if before == after:
        return Effect.EQUAL
    if before not in order or after not in order:
        return Effect.UNCLEAR
    return Effect.STRICTER if order.index(after) > order.index(before) else Effect.LOOSER


def either(*, stricter: bool, looser: bool) -> Effect:
    """The effect where each direction may be proved: both together are no change."""
    if stricter:
        return Effect.EQUAL if looser else Effect.STRICTER
    return Effect.LOOSER if looser else Effect.UNCLEAR
