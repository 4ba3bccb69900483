"""Stored conversations: messages with `seq` and the roles customer, agent, tool, device; `actions` names the writes.

One JSON object: `id`, `channel?`, `customer_id?`, `agent?`, `messages: [{seq, role, text, tool_calls?: [{id, name,
arguments}], tool_call_id?, is_error?}]`, `actions?: [{seq, call_id, name, value?: {refund, charge, gross, currency},
policy_sections?}]`. Without `actions` the names of the calls decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hitl.replay.conversation import Conversation, OpenCalls, Role, ToolCall, Turn, Unreadable, Value, fit, is_write

ROLES: dict[str, Role] = {"customer": "customer", "agent": "agent", "human": "human", "tool": "tool", "device": "tool"}


def reads(document: Mapping[str, Any]) -> bool:
    """Tell this format by its numbered messages."""
    messages = document.get("messages")
    return isinstance(messages, list) and bool(messages) and all("seq" in message for message in messages)


def read(document: Mapping[str, Any], *, fallback_id: str, writes: Sequence[str]) -> Conversation:
    """Read one conversation; raises Unreadable."""
    actions = document.get("actions")
    marks = Marks(actions, writes) if isinstance(actions, list) else Marks(None, writes)
    turns = tuple(_turns(document["messages"], marks))
    if marks.left:
        missing = ", ".join(f"{action.get('name')} in message {action.get('seq')}" for action in marks.left)
        message = f"actions without a call: {missing}"
        raise Unreadable(message)
    return Conversation(
        id=fit(str(document.get("id") or fallback_id)),
        turns=turns,
        channel=document.get("channel"),
        customer_id=document.get("customer_id"),
        agent=document.get("agent"),
    )


class Marks:
    """The listed actions, each for one call."""

    def __init__(self, actions: list[dict[str, Any]] | None, writes: Sequence[str]) -> None:
        self.left = list(actions or [])
        self._listed = actions is not None
        self._writes = writes

    def marked(self, call: ToolCall) -> ToolCall:
        if not self._listed:
            return _write(call) if is_write(call.name, self._writes) else call
        for action in self.left:
            if (action.get("seq"), action.get("call_id"), action.get("name")) == (call.seq, call.call_id, call.name):
                self.left.remove(action)
                return _write(call, action)
        return call


def _write(call: ToolCall, action: Mapping[str, Any] | None = None) -> ToolCall:
    sections = tuple(str(section) for section in (action or {}).get("policy_sections") or ())
    return ToolCall(
        call.seq,
        call.index,
        call.call_id,
        call.name,
        call.arguments,
        write=True,
        value=_value(action),
        sections=sections,
    )


def _value(action: Mapping[str, Any] | None) -> Value | None:
    """What is at stake: the largest of what is refunded, charged and touched. None where it cannot be priced."""
    priced = (action or {}).get("value")
    if not priced:
        return None
    amounts = [Decimal(str(priced[part])) for part in ("refund", "charge", "gross") if priced.get(part) is not None]
    return Value(max(amounts), priced["currency"]) if amounts else None


def _turns(messages: Sequence[Mapping[str, Any]], marks: Marks) -> Iterator[Turn]:
    calls = OpenCalls()
    last = -1
    for message in messages:
        seq, role = message["seq"], message.get("role")
        if not isinstance(seq, int) or seq <= last:
            says = f"message {seq!r} follows message {last}; seq must grow"
            raise Unreadable(says)
        if role not in ROLES:
            says = f"message {seq} has the role {role!r}"
            raise Unreadable(says)
        last = seq
        yield _turn(message, ROLES[role], calls, marks)


def _turn(message: Mapping[str, Any], role: Role, calls: OpenCalls, marks: Marks) -> Turn:
    seq = message["seq"]
    made = tuple(
        marks.marked(
            ToolCall(
                seq,
                index,
                fit(str(call.get("id") or f"{seq}.{index}")),
                fit(str(call["name"])),
                fit(_arguments(call["arguments"])),
            )
        )
        for index, call in enumerate(message.get("tool_calls") or ())
    )
    calls.add(made)
    answers = calls.answered_by(message.get("tool_call_id")) if role == "tool" else None
    text = fit(str(message.get("text") or ""))
    return Turn(seq, role, text, made, answers, is_error=bool(message.get("is_error")))


def _arguments(arguments: object) -> dict[str, Any]:
    return arguments if isinstance(arguments, dict) else {"unparsed_arguments": arguments}
