"""JSON lines in, conversations out. A bad line is named and passed over; the rest of the file is read."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from hitl.replay import chat, stored
from hitl.replay.conversation import Conversation, Unreadable


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that could not be read, and why."""

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.says}"


def read_all(files: Iterable[Path], *, writes: Sequence[str] = ()) -> Iterator[Conversation | Fault]:
    """Read the files in order. Two conversations of one id are two: the second is named `<id>~2`.

    `writes` are globs of the calls that change something; without them every call does that does not look like a read.
    A stored conversation's own list of actions goes before both. Raises OSError for a file that cannot be opened.
    """
    seen: set[str] = set()
    for file in files:
        for found in read_file(file, writes=writes):
            yield _told_apart(found, seen) if isinstance(found, Conversation) else found


def _told_apart(conversation: Conversation, seen: set[str]) -> Conversation:
    names = chain([conversation.id], (f"{conversation.id}~{n}" for n in count(2)))
    name = next(name for name in names if name not in seen)
    seen.add(name)
    return replace(conversation, id=name)


def read_file(file: Path, *, writes: Sequence[str] = ()) -> Iterator[Conversation | Fault]:
    """Read one file line by line, also a large one."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield read_line(line, fallback_id=f"{file.stem}-{number}", writes=writes)
            except Unreadable as fault:
                yield Fault(str(file), number, str(fault))


def read_line(line: bytes, *, fallback_id: str, writes: Sequence[str] = ()) -> Conversation:
    """Read one conversation in whichever format it is; raises Unreadable."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as fault:
        says = f"not JSON: {fault}"
        raise Unreadable(says) from fault
    messages = document.get("messages") if isinstance(document, dict) else None
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        says = "no conversation: an object with a list of messages is needed"
        raise Unreadable(says)
    form = stored if stored.reads(document) else chat
    try:
        conversation: Conversation = form.read(document, fallback_id=fallback_id, writes=writes)
    except (KeyError, TypeError, AttributeError, ArithmeticError) as fault:
        says = f"a message is not as it should be: {type(fault).__name__} {fault}"
        raise Unreadable(says) from fault
    return conversation
