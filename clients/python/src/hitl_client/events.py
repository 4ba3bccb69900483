"""Server-sent events without a network: bytes in, events out, and where to go on after a broken connection."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hitl_client.calls import Request, Response, problem
from hitl_client.case import Event
from hitl_client.errors import UnreachableError, UnreadableError
from hitl_client.retry import BUSY, Retry, retry_after_seconds

LINE_END = re.compile(rb"\r\n|\n|\r")
SILENCE = 90.0  # seconds without a byte after which the connection counts as dead


@dataclass(slots=True)
class EventStream:
    """A stream that resumes: `last_id` is the id of the last event that was handed out."""

    last_id: str = ""
    retry: Retry = field(default_factory=Retry)
    _rest: bytes = b""
    _block: list[bytes] = field(default_factory=list)
    _failures: int = 0
    _asked_to_wait: float | None = None

    def request(self) -> Request:
        """Give the request that continues behind the last event; what was half read is forgotten and comes again."""
        self._rest = b""
        self._block.clear()
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        return Request("GET", "/events", params={"after": self.last_id} if self.last_id else {}, headers=headers)

    def opened(self, answer: Response) -> bool:
        """Say whether the stream is open; a busy desk is asked again, any other refusal is raised as a Problem."""
        if answer.status in BUSY:
            self._asked_to_wait = retry_after_seconds(answer.headers.get("retry-after"), at=datetime.now(UTC))
            return False
        if answer.status >= 300:  # noqa: PLR2004 - HTTP's success ends there
            raise problem(answer)
        return True

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes as they come and give the events that are complete."""
        self._failures, self._asked_to_wait = 0, None
        pending = self._rest + chunk
        half = b"\r" if pending.endswith(b"\r") else b""  # perhaps the first half of a line end
        *lines, rest = LINE_END.split(pending.removesuffix(half))
        self._rest = rest + half
        return [event for line in lines if (event := self._line(line)) is not None]

    def pause(self, error: Exception | None = None) -> float:
        """Give the seconds to wait before connecting again; UnreachableError after too many failures in a row."""
        self._failures += 1
        delay = self.retry.delay(self._failures, self._asked_to_wait)
        if delay is None:
            message = f"the event stream could not be opened again: {error!r}"
            raise UnreachableError(message) from error
        return delay

    def _line(self, line: bytes) -> Event | None:
        if line:
            self._block.append(line)
            return None
        fields, self._block = [_field(entry) for entry in self._block], []
        data = "\n".join(value for name, value in fields if name == "data")
        named = dict(fields)
        if not data:
            return None
        self.last_id = named.get("id", self.last_id)
        return read_event(data, identifier=self.last_id, kind=named.get("event", "message"))


def read_event(data: str, *, identifier: str, kind: str) -> Event:
    """Read one event: an envelope with `type` and `data`, or the bare data under the stream's own event name."""
    try:
        said = json.loads(data)
        if isinstance(said, dict) and isinstance(said.get("data"), dict) and "type" in said:
            return Event.model_validate({**said, "id": identifier})
        return Event(id=identifier, type=kind, data=said if isinstance(said, dict) else {"value": said})
    except ValueError as fault:
        message = f"event {identifier} cannot be read: {data[:200]!r}"
        raise UnreadableError(message) from fault


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode(errors="replace").partition(":")
    return name, value.removeprefix(" ")
