"""One conversation played as its agent would have lived it: every write asks the desk before it may have happened."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hitl.replay.conversation import Conversation, Slot, ToolCall, Turn
from hitl.replay.records import Write
from hitl.replay.surroundings import Surroundings, key_of
from hitl_client import Case, Desk, Done, FinalAction, Message, Problem, Proposal, StillPendingError
from hitl_client.proposal import MOST_MESSAGES

LONGEST_TEXT = 20_000  # characters of one message
MOST_TEXT = 600_000  # bytes of all messages of one proposal, which may weigh 1 MiB as a whole
CONTENT = frozenset({400, 409, 413, 422})  # refusals of this very proposal; any other ends the conversation for now
SLICE = 5.0  # seconds between two looks at whether to stop
RECORDING = "This conversation is a recording; nobody here can answer. Please decide with what there is."


class Reviewer(Protocol):
    """Whoever decides when nobody sits at the desk."""

    def rule(self, case: Case, proposal: Proposal) -> str | None:
        """Decide the case; gives what stood in the way, or None."""


class Refused(Exception):  # noqa: N818 - it is an outcome of the recording
    """The recorded tool itself said no."""


class Stopped(Exception):  # noqa: N818 - it is a wish of whoever runs the replay
    """The run ends before this conversation does."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What all players share. `patience` is how many seconds to wait for one decision; 0 only records the verdict."""

    desk: Desk
    surroundings: Surroundings
    reviewer: Reviewer | None = None
    patience: float | None = None
    stopping: Callable[[], bool] = bool
    known: Mapping[str, Write] = field(default_factory=dict)


class Player:
    """Plays one conversation. `heard` is the history as the agent comes to know it."""

    def __init__(self, talk: Conversation, stage: Stage, report: Callable[[Write], None]) -> None:
        self.talk = talk
        self.heard: list[Message] = []
        self._stage = stage
        self._report = report
        self._sent = 0
        self._writes: dict[Slot, Write] = {}

    def play(self) -> None:
        """Go through the turns in order; raises Stopped when the run is to end, and what the desk raises."""
        for turn in self.talk.turns:
            self._hear(turn)
            for call in turn.calls:
                if call.write:
                    self._settle(call)
        for write in self._writes.values():
            self._report(write)  # once more: by now it is known what the agent heard

    def _hear(self, turn: Turn) -> None:
        write = self._writes.get(turn.answers) if turn.answers else None
        text = turn.text if write is None else write.hear(turn.text)
        if spoken := "\n".join(filter(None, (text, *map(_noted, turn.calls)))):
            self.heard.append(Message(seq=turn.seq, role=turn.role, text=_shortened(spoken)))

    def _settle(self, call: ToolCall) -> None:
        key = key_of(self.talk, call)
        write = self._stage.known.get(key)
        if write is None:
            write = self._gated(call, Write(key, self.talk.id, *call.slot, name=call.name))
        if write.case is not None:
            self._sent = len(self.heard)
        self._writes[call.slot] = write
        self._report(write)

    def _gated(self, call: ToolCall, write: Write) -> Write:
        proposal = self._stage.surroundings.proposal(self.talk, call, _latest(self.heard[self._sent :]))
        try:
            case = self._stage.desk.propose(proposal)
        except Problem as no:
            if no.status not in CONTENT:
                raise
            write.fail(f"The desk did not take the proposal: {no}")
            return write
        write.opened(case)
        if self._stage.patience != 0:
            self._see_through(case, proposal, call, write)
        return write

    def _see_through(self, case: Case, proposal: Proposal, call: ToolCall, write: Write) -> None:
        self._decided(case, proposal, write)
        result = self._stage.desk.run(proposal, self._executor(call), timeout=0)
        write.settled(result.case, result.done[0], told=_told(result.done[0], call))

    def _decided(self, case: Case, proposal: Proposal, write: Write) -> None:
        """Wait in slices, so that a wish to stop is heard; at the end of patience the case stays open.

        A reviewer who could not decide tries again in each: somebody else may have held the case, and let it go.
        """
        reviewer, to_rule = self._stage.reviewer, True
        deadline = None if self._stage.patience is None else time.monotonic() + self._stage.patience
        while not case.final and (deadline is None or time.monotonic() < deadline):
            if self._stage.stopping():
                raise Stopped(self.talk.id)
            if reviewer is not None and to_rule:
                write.trouble = reviewer.rule(case, proposal)
                to_rule = write.trouble is not None
            for question in case.open_questions:
                case = self._stage.desk.answer(case.id, question.id, RECORDING)
            try:
                case = self._stage.desk.wait(case, timeout=_slice(deadline))
            except StillPendingError as late:
                case = late.case

    def _executor(self, call: ToolCall) -> Callable[[FinalAction], Any]:
        """The recording stands in for the shop: its result is the result, its refusal the failure."""
        recorded = self.talk.result_of(call)

        def execute(final: FinalAction) -> dict[str, Any]:
            if final.args != call.arguments:
                return {"replayed": True, "note": "the arguments were edited; the recording has no result for them"}
            if recorded is not None and recorded.is_error:
                raise Refused(recorded.text)
            return {"replayed": True, "output": _shortened(recorded.text) if recorded is not None else None}

        return execute


def _latest(messages: Sequence[Message]) -> tuple[Message, ...]:
    """As many of the newest messages as one proposal may carry."""
    kept: list[Message] = []
    room = MOST_TEXT
    for message in reversed(messages[-MOST_MESSAGES:]):
        room -= len(message.text.encode())
        if room < 0:
            break
        kept.append(message)
    return tuple(reversed(kept))


def _told(done: Done, call: ToolCall) -> str | None:
    """What the agent hears in place of the recorded result; None when the recorded one is true."""
    ran_as_recorded = done.status in {"succeeded", "failed"} and done.action and done.action.args == call.arguments
    return None if ran_as_recorded else done.says


def _slice(deadline: float | None) -> float:
    return SLICE if deadline is None else max(0.0, min(SLICE, deadline - time.monotonic()))


def _noted(call: ToolCall) -> str:
    """A reviewer reads which tools the agent used; a write stands beside the conversation, as the action itself."""
    return "" if call.write else f"[{call.name} {json.dumps(call.arguments, ensure_ascii=False)}]"


def _shortened(text: str) -> str:
    return (
        text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … ({len(text) - LONGEST_TEXT} more characters)"
    )
