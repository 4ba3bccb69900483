"""When to ask again, and how long to wait before."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retry:
    """Up to `attempts` tries with full-jitter exponential back-off between `first_seconds` and `most_seconds`.

    A `Retry-After` is honoured up to `most_retry_after` seconds and does not shorten the back-off.
    """

    attempts: int = 8
    first_seconds: float = 0.25
    most_seconds: float = 10.0
    most_retry_after: float = 120.0
    dice: Callable[[], float] = random.random

    def delay(self, attempt: int, retry_after: float | None = None) -> float | None:
        """Give the seconds to wait after try number `attempt` (from 1), or None to give up."""
        if attempt >= self.attempts:
            return None
        window = min(self.most_seconds, self.first_seconds * 2.0 ** (attempt - 1))
        asked_for = min(retry_after or 0.0, self.most_retry_after)
        return asked_for + window * self.dice()


def retry_after_seconds(header: str | None, *, at: datetime) -> float | None:
    """Read a Retry-After header: seconds, or an HTTP date compared with `at`; None when absent or unreadable."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - at).total_seconds())
