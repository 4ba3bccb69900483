"""The token buckets of all web processes, in Redis."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from hitl.api.throttle import Buckets

_log = logging.getLogger(__name__)
PATIENCE: Final = 0.25
ALONE_SECONDS: Final = 5.0
# Out of a bucket that is at least half full a process takes some calls in advance; it must use them soon.
_IN_ADVANCE_OF: Final = 20
_MOST_IN_ADVANCE: Final = 20
_ADVANCE_SECONDS: Final = 1.0
# One round trip: refill by the time gone, take, say how long until the next and how many. Redis' own clock counts.
_TAKE: Final = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, (tonumber(kept[1]) or burst) + math.max(0, now - (tonumber(kept[2]) or now)) * rate)
local wait, taken = 0, math.max(1, math.min(tonumber(ARGV[3]), math.floor(tokens - burst / 2)))
if tokens >= 1 then tokens = tokens - taken else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return tostring(wait) .. ' ' .. taken
"""


@dataclass(slots=True)
class SharedBuckets:
    """The buckets that all processes share; falls back to its own while Redis does not answer."""

    url: str
    own: Buckets = field(default_factory=Buckets)
    _alone_until: float = 0.0
    _advance: dict[int | str, tuple[int, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _redis: Redis = field(init=False)

    def __post_init__(self) -> None:
        self._redis = Redis.from_url(
            self.url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )

    def wait(self, agent: int | str, rate: float, burst: int) -> float:
        """As ``Buckets.wait``."""
        if time.monotonic() < self._alone_until:
            return self.own.wait(agent, rate, burst)
        if self._taken_in_advance(agent):
            return 0.0
        try:
            return self._take(agent, rate, burst)
        except (RedisError, OSError) as error:
            _log.warning("Redis does not answer; each process counts calls by itself for a while: %s", error)
            self._alone_until = time.monotonic() + ALONE_SECONDS
            return self.own.wait(agent, rate, burst)

    def _taken_in_advance(self, agent: int | str) -> bool:
        with self._lock:
            left, until = self._advance.pop(agent, (0, 0.0))
            if left > 1:
                self._advance[agent] = (left - 1, until)
        return left > 0 and time.monotonic() < until

    def _take(self, agent: int | str, rate: float, burst: int) -> float:
        began = time.monotonic()
        most = min(burst // _IN_ADVANCE_OF, _MOST_IN_ADVANCE)
        answer = self._redis.eval(_TAKE, 1, f"hitl:calls:{agent}", rate, burst, most)
        wait, taken = str(answer, "ascii").split()
        if (more := int(taken) - 1) > 0:
            with self._lock:
                self._advance[agent] = (more, began + _ADVANCE_SECONDS)
        return float(wait)
