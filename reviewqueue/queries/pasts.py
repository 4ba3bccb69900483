"""What the desk would have known of stored proposals, had they come in one after the other as they are read."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from reviewqueue.engine import canonical, facts
from reviewqueue.queries import transcript

# Of so many conversations the words are kept in mind; a conversation that goes on much later begins anew.
MOST: Final = 20_000


@dataclass
class _Talk:
    messages: list[dict[str, Any]] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)


@dataclass
class Memory:
    """Conversations as far as they have been read."""

    talks: OrderedDict[tuple[str, str], _Talk] = field(default_factory=OrderedDict)

    def facts(self, document: Mapping[str, Any], *, agent: str, team: str, at: datetime | None) -> dict[str, Any]:
        """The facts of the next proposal; what only a desk that was there could know stays unknown."""
        talk = self._talk(agent, document["conversation"]["id"])
        talk.messages = transcript.merge(talk.messages, document["conversation"].get("messages") or [])
        history = {
            "now": at.isoformat() if at else None,
            "same_action_count": {action["call_id"]: self._count(talk, action) for action in document["actions"]},
        }
        return facts.gather(document, agent=agent, team=team, messages=talk.messages, history=history)

    def _talk(self, agent: str, conversation: str) -> _Talk:
        key = (agent, conversation)
        talk = self.talks.setdefault(key, _Talk())
        self.talks.move_to_end(key)
        if len(self.talks) > MOST:
            self.talks.popitem(last=False)
        return talk

    def _count(self, talk: _Talk, action: Mapping[str, Any]) -> int:
        name = canonical.digest({"name": action["name"], "args": action["args"]})
        talk.actions[name] += 1
        return talk.actions[name]
