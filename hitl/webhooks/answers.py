"""What comes of a try to deliver a webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: a status, or a failure in words; ``retry_after`` in seconds where the receiver says so."""

    status: int | None = None
    error: str = ""
    retry_after: float = 0.0

    @property
    def arrived(self) -> bool:
        """Did the receiver take it?"""
        return self.status in _OK
