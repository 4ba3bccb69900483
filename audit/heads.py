"""The product's own word on how long each chain is: a chain alone cannot show that its end was cut off."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Provider = Callable[[], Iterable[tuple[str, int]]]

_providers: dict[str, Provider] = {}


@dataclass(frozen=True, slots=True)
class Expected:
    """Number of the last entry for each subject, and the prefixes under which this list is complete."""

    seqs: dict[str, int]
    complete: tuple[str, ...]


def register(prefix: str, provider: Provider) -> None:
    """Let `provider` tell all (subject, number of the last entry) under `prefix`, e.g. "case:".

    To be called when the app that keeps these numbers is ready. A chain under the prefix that the provider does not
    name counts as forged, one that is shorter or longer than told as damaged.
    """
    _providers[prefix] = provider


def expected() -> Expected:
    """What every registered provider says now."""
    seqs = {subject: seq for provider in _providers.values() for subject, seq in provider()}
    return Expected(seqs, tuple(_providers))
