"""JSON lines in, proposals out. A bad line is named and passed over; the rest of the file is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hitl.api import faults
from hitl.api.schemas import base
from hitl.api.schemas.proposals import Proposal
from reviewqueue.domain import intake
from reviewqueue.engine import canonical

DECISIONS: Final = ("approve", "edit", "reject", "respond")
OUTCOMES: Final = ("succeeded", "failed", "unknown", "reversed", "incident")
_BESIDE: Final = ("decision", "outcome", "created_at")
_MOST: Final = 3
_LONGEST: Final = 2 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal of the past. ``decision`` and ``outcome`` are empty where the line says nothing of them."""

    number: int
    size: int
    proposal: intake.Proposal
    decision: str
    outcome: str
    said: dict[str, Any]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that could not be read, and why."""

    number: int
    size: int
    says: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.says}"


class UnfitError(ValueError):
    """What a line says beside its proposal does not fit; the message is a sentence."""


def read(file: Path) -> Iterator[Line | Fault]:
    """Read a file line by line, also a large one."""
    with file.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            if raw.strip():
                yield _read(number, raw)


def _read(number: int, raw: bytes) -> Line | Fault:
    try:
        return _line(number, raw)
    except ValidationError as error:
        # As if it came through the wire, where two steps lead to the body.
        said = faults.of({**each, "loc": ("body", "proposal", *each["loc"])} for each in error.errors())
        says = "; ".join(f"{fault['pointer'] or '/'}: {fault['detail']}" for fault in said[:_MOST])
        return Fault(number, len(raw), says)
    except (canonical.UnreadableError, UnfitError) as error:
        return Fault(number, len(raw), str(error))


def _line(number: int, raw: bytes) -> Line:
    if len(raw) > _LONGEST:
        raise UnfitError(f"is longer than {_LONGEST} bytes")
    whole = canonical.loads(raw.strip())
    if not isinstance(whole, dict):
        raise UnfitError("is no JSON object")
    document = {key: value for key, value in whole.items() if key not in _BESIDE}
    said = {key: whole[key] for key in _BESIDE if whole.get(key) is not None}
    sent = canonical.canonical(document)
    proposal = intake.Proposal(
        document=Proposal.model_validate(document).model_dump(),
        raw=sent.decode(),
        digest=canonical.digest(document),
        sent=document,
    )
    return Line(
        number=number,
        size=len(raw),
        proposal=proposal,
        decision=_word(said.get("decision"), "decision", "type", DECISIONS),
        outcome=_word(said.get("outcome"), "outcome", "status", OUTCOMES),
        said=said,
        at=_moment(said.get("created_at"), document),
    )


def _word(said: Any, name: str, key: str, known: tuple[str, ...]) -> str:
    """A word by itself, or below its key; of several rulings the first that changed something."""
    several = said if isinstance(said, list) else [said]
    words = [each.get(key) if isinstance(each, Mapping) else each for each in several if each is not None]
    for word in words:
        if word not in known:
            raise UnfitError(f"/{name}: must be one of {', '.join(known)}")
    changed = [word for word in words if word not in {"approve", "succeeded"}]
    return str(next(iter(changed or words), ""))


def _moment(said: Any, document: Mapping[str, Any]) -> datetime | None:
    """When it was proposed; without a word about it, when the last message was written."""
    messages = (document.get("conversation") or {}).get("messages") or []
    text = said or next((one["at"] for one in reversed(messages) if one.get("at")), None)
    try:
        return datetime.fromisoformat(base.moment(text).upper()) if text else None
    except (TypeError, ValueError) as error:
        raise UnfitError(f"/created_at: {error}") from error
