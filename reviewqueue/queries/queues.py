"""Queues, kept as long as none of them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit import rows
from reviewqueue.models import Queue

if TYPE_CHECKING:
    from typing import Final

# The text that tells them from earlier ones, and the queues that were asked for since.
_kept: Final[list[tuple[str, dict[str, Queue]]]] = [("", {})]


def named(name: str, *, stamps: str) -> Queue | None:
    """The queue with this name; ``stamps``: those of all queues, read a moment ago. Nobody may change it."""
    known, queues = _kept[0]
    if known != stamps:
        queues = {}
        _kept[0] = (stamps, queues)
    if name not in queues and (found := rows.find(Queue, name=name)):
        queues[name] = found
    return queues.get(name)


def every() -> frozenset[str]:
    """The names of all of them."""
    return frozenset(Queue.objects.values_list("pk", flat=True))
