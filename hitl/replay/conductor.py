"""Many conversations at once against one desk, and the figures at the end."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

from hitl.replay.conversation import Conversation
from hitl.replay.player import Player, Stage, Stopped
from hitl.replay.records import Diary, figures
from hitl.replay.surroundings import key_of
from hitl.replay.transcripts import Fault
from hitl_client import DeskError


@dataclass(slots=True)
class Programme:
    """What is to be played, as read from the files."""

    talks: list[Conversation] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, found: Iterable[Conversation | Fault], limit: int | None = None) -> "Programme":
        """Sort what was read; `limit` keeps the first so many conversations."""
        programme = cls()
        for one in found:
            if isinstance(one, Fault):
                programme.faults.append(one)
            elif limit is None or len(programme.talks) < limit:
                programme.talks.append(one)
        return programme


class Conductor:
    """Plays a programme with several threads. What a diary calls finished is not played again."""

    def __init__(self, programme: Programme, stage: Stage, diary: Diary) -> None:
        self._programme = programme
        self._diary = diary
        self._stop = threading.Event()
        self._stage = replace(stage, stopping=self._stop.is_set)
        self._troubles: list[dict[str, str]] = []
        self._interrupted = False

    @property
    def waiting(self) -> Sequence[Conversation]:
        """What is still to be played."""
        return [talk for talk in self._programme.talks if talk.id not in self._diary.finished]

    def play(self, parallel: int, done: Callable[[Conversation], None]) -> dict[str, Any]:
        """Play everything; an interrupt lets each thread end its step first. Gives the summary."""
        started = time.monotonic()
        with ThreadPoolExecutor(parallel, thread_name_prefix="replay") as pool:
            playing = {pool.submit(self._play, talk): talk for talk in self.waiting}
            try:
                self._await(playing, done)
            except KeyboardInterrupt:
                self._interrupted = True
            finally:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
        return self._summary(time.monotonic() - started)

    def _await(self, playing: dict[Future[None], Conversation], done: Callable[[Conversation], None]) -> None:
        for future in as_completed(playing):
            talk = playing[future]
            try:
                future.result()
            except (DeskError, ValueError) as no:
                self._troubles.append({"conversation": talk.id, "says": str(no)})
            done(talk)

    def _play(self, talk: Conversation) -> None:
        try:
            Player(talk, self._stage, self._diary.keep).play()
        except Stopped:
            return
        self._diary.finish(talk.id)

    def _summary(self, seconds: float) -> dict[str, Any]:
        talks = self._programme.talks
        keys = {key_of(talk, call) for talk in talks for call in talk.writes}
        writes = [write for key, write in self._diary.writes.items() if key in keys]
        return {
            "conversations": len(talks),
            "finished": sum(talk.id in self._diary.finished for talk in talks),
            **figures(writes, listed=sum(self._due(talk) for talk in talks)),
            "unfinished": self._troubles,
            "unreadable": [str(fault) for fault in self._programme.faults],
            "interrupted": self._interrupted,
            "seconds": round(seconds, 2),
        }

    def _due(self, talk: Conversation) -> int:
        """How many writes must have been told; of a conversation that was interrupted, those that came to it."""
        if not self._interrupted or talk.id in self._diary.finished:
            return len(talk.writes)
        return sum(key_of(talk, call) in self._diary.writes for call in talk.writes)


def sound(summary: dict[str, Any]) -> bool:
    """Say whether every write became its own case and no gate was passed by."""
    never = ("merged", "lost", "tool_results_before_decision", "rejected_writes_heard_as_executed", "unfinished")
    return not any(summary[name] for name in never) and not summary["interrupted"]
