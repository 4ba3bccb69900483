"""What became of each write of a replay, on disk as it happens, and the figures at the end."""

import json
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hitl_client import Case, Done

HOLDING = frozenset({"in_the_loop", "human_only"})
RELEASING = frozenset({"approve", "edit"})


@dataclass(slots=True)
class Write:
    """One write call on its way through the desk.

    `told` is what the agent hears instead of the recorded result, None when the recorded one is true.
    `heard_before_decision` and `heard_as_executed` are what must never be: they are set from what happened.
    """

    key: str
    conversation: str
    seq: int
    index: int
    name: str
    case: str | None = None
    oversight: str | None = None
    status: str | None = None
    triggers: list[str] = field(default_factory=list)
    decision: str | None = None
    decided_by: str | None = None
    became: str = "proposed"
    told: str | None = "No decision was waited for. Nothing was executed."
    trouble: str | None = None
    heard_before_decision: bool = False
    rejected_but_heard_as_executed: bool = False

    @property
    def held(self) -> bool:
        """A person must decide."""
        return self.oversight in HOLDING

    def fail(self, trouble: str) -> None:
        """Nothing more is known of it, so nothing was executed as far as the agent is concerned."""
        self.trouble, self.told = trouble, f"{trouble} Nothing was executed."

    def opened(self, case: Case) -> None:
        self.case, self.oversight, self.status = case.id, case.oversight, case.status
        self.triggers = sorted({reason.trigger for reason in case.reasons})
        self._decided(case)

    def settled(self, case: Case, done: Done, *, told: str | None) -> None:
        self.status, self.became, self.told = case.status, done.status, told
        self._decided(case)

    def hear(self, recorded: str) -> str:
        """Give what the agent hears as the call's result, and note it when that must not have been."""
        if self.told is not None:
            return self.told
        self.heard_before_decision = self.decision is None
        self.rejected_but_heard_as_executed = self.decision is not None and self.decision not in RELEASING
        return recorded

    def _decided(self, case: Case) -> None:
        for decision in case.decisions:
            self.decision, self.decided_by = decision.type, decision.decided_by.type


class Diary:
    """A file of JSON lines, one for each write and each finished conversation; an interrupted replay reads it again."""

    def __init__(self, file: Path | None) -> None:
        self.writes: dict[str, Write] = {}
        self.finished: set[str] = set()
        self._lock = threading.Lock()
        self._file = file
        if file is not None and file.exists():
            self._read(file)

    def keep(self, write: Write) -> None:
        """Keep what is known of a write; the latest word counts."""
        with self._lock:
            self.writes[write.key] = write
            self._append({"write": asdict(write)})

    def finish(self, conversation: str) -> None:
        """Keep that a conversation was played to its end."""
        with self._lock:
            self.finished.add(conversation)
            self._append({"finished": conversation})

    def _append(self, entry: dict[str, Any]) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _read(self, file: Path) -> None:
        """The last line may be half written when the machine went down; what it said happens again."""
        for line in file.read_text(encoding="utf-8").split("\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "write" in entry:
                write = Write(**entry["write"])
                self.writes[write.key] = write
            else:
                self.finished.add(entry["finished"])


def figures(writes: Iterable[Write], *, listed: int) -> dict[str, Any]:
    """Count what became of the writes. `listed` is how many the played conversations hold."""
    told = list(writes)
    proposed = [write for write in told if write.case is not None]
    cases = {write.case for write in proposed}
    return {
        "writes": listed,
        "proposals": len(proposed),
        "cases": len(cases),
        "merged": len(proposed) - len(cases),
        "lost": listed - len(proposed),
        "held": sum(write.held for write in proposed),
        "held_by_trigger": _counted(trigger for write in proposed if write.held for trigger in write.triggers),
        "held_without_trigger": sum(write.held and not write.triggers for write in proposed),
        "oversight": _counted(write.oversight for write in proposed),
        "decided_by": _counted(
            {"user": "person"}.get(by, by) if (by := write.decided_by) else "nobody" for write in proposed
        ),
        "decisions": _counted(write.decision for write in proposed if write.decision),
        "became": _counted(write.became for write in told),
        "tool_results_before_decision": sum(write.heard_before_decision for write in told),
        "rejected_writes_heard_as_executed": sum(write.rejected_but_heard_as_executed for write in told),
        "troubles": _counted(write.trouble for write in told if write.trouble),
    }


def _counted(names: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(str(name) for name in names).items(), key=lambda entry: (-entry[1], entry[0])))
