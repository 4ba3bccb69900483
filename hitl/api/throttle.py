"""A token bucket for each agent, so that one agent's flood is its own.

With ``REDIS_URL`` all web processes share the buckets. Without it, and for some seconds after Redis did not answer
within a quarter of a second, each process counts by itself: an agent then gets at most its rate times the processes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from hitl.api.shared_buckets import SharedBuckets
    from reviewqueue.models import Agent

_MOST_BUCKETS: Final = 10_000


@dataclass(slots=True)
class Buckets:
    """The buckets of one process; ``clock`` gives seconds that never run backwards."""

    clock: Callable[[], float] = time.monotonic
    _kept: dict[int | str, tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, agent: int | str, rate: float, burst: int) -> float:
        """Take one call; the seconds until one is allowed again, 0.0 when this one is."""
        now = self.clock()
        with self._lock:
            tokens, before = self._kept.get(agent, (float(burst), now))
            tokens = min(float(burst), tokens + (now - before) * rate)
            allowed = tokens >= 1
            self._kept[agent] = (tokens - 1 if allowed else tokens, now)
            if len(self._kept) > _MOST_BUCKETS:
                self._kept.pop(next(iter(self._kept)))
        return 0.0 if allowed else (1 - tokens) / rate


@cache
def buckets() -> Buckets | SharedBuckets:
    """The buckets of this process."""
    if not settings.REDIS_URL:
        return Buckets()
    from hitl.api import shared_buckets  # noqa: PLC0415 - brings Redis' client, which the embedded desk does without

    return shared_buckets.SharedBuckets(settings.REDIS_URL)


def take(agent: Agent) -> None:
    """Count one call of this agent; refused (``rate-limited``, with seconds to wait) when its bucket is empty."""
    rate = agent.calls_per_second or settings.AGENT_CALLS_PER_SECOND
    burst = max(1, agent.burst or settings.AGENT_BURST)
    if wait := buckets().wait(agent.pk, rate, burst):
        says = _("This agent may call %(rate)s times a second, %(burst)s at once; wait a moment.")
        raise Refusal(
            "rate-limited", says % {"rate": rate, "burst": burst}, extra={"retry_after": max(1, math.ceil(wait))}
        )
