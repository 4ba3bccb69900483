"""Opaque ids with a readable prefix, ordered by time so that indexes grow at one end."""

import secrets
import time
from datetime import datetime
from threading import Lock
from typing import Final

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_CHANCE: Final = 82
# From an id to the next of the same millisecond: far more than anybody can guess, and room for all that anybody makes.
_STEP: Final = 64
_one_at_a_time = Lock()
_last = 0


def new_id(prefix: str) -> str:
    """``case_01jd…``: 48 bits of milliseconds and 82 bits of chance in Crockford's base 32.

    What one process makes lies in the order in which it was made, within a millisecond too.
    """
    return f"{prefix}_{_letters(_next())}"


def _next() -> int:
    global _last  # noqa: PLW0603 - the last id of this process, behind its lock
    with _one_at_a_time:
        now = time.time_ns() // 1_000_000
        again = now == _last >> _CHANCE
        _last = _last + 1 + secrets.randbits(_STEP) if again else now << _CHANCE | secrets.randbits(_CHANCE - 1)
        return _last


def _letters(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def first_at(prefix: str, at: datetime) -> str:
    """Below every id that is made from this moment on, and above every one from before."""
    return f"{prefix}_{_letters(int(at.timestamp() * 1000) << _CHANCE)}"


def case_id() -> str:
    """The id of a new case."""
    return new_id("case")


def decision_id() -> str:
    """The id of a new decision."""
    return new_id("dec")


def grant_id() -> str:
    """The id of a new grant."""
    return new_id("grant")


def question_id() -> str:
    """The id of a new question."""
    return new_id("q")


def view_id() -> str:
    """The id of a saved view."""
    return new_id("view")


def batch_id() -> str:
    """The id of a batch."""
    return new_id("batch")


def letter_id() -> str:
    """The id of a message that a person wrote to a customer."""
    return new_id("msg")


def look_id() -> str:
    """The id of a look at what a policy would have done."""
    return new_id("look")


def pause_id() -> str:
    """The id of a pause."""
    return new_id("pause")


def sampled_id() -> str:
    """The id of a case of a sample."""
    return new_id("qa")


def verdict_id() -> str:
    """The id of a QA verdict."""
    return new_id("qav")


def run_id() -> str:
    """The id of a guided review."""
    return new_id("qar")


def specimen_id() -> str:
    """The id of a case to learn from."""
    return new_id("spec")


def alarm_id() -> str:
    """The id of an alarm."""
    return new_id("alarm")


def cell_id() -> str:
    """The id of a place on the autonomy ladder."""
    return new_id("cell")


def gap_id() -> str:
    """The id of a knowledge gap."""
    return new_id("gap")
