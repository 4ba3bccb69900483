"""Chat transcripts as language models get and give them: `{"messages": [{"role", "content", "tool_calls"?, …}]}`.

`tool_calls: [{id, function: {name, arguments}}]` with arguments as JSON text, answered by `{"role": "tool",
"tool_call_id", "content"}`. An `id`, also inside `metadata`, names the conversation; otherwise its line does.
System prompts are passed over: they are not part of the talk.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hitl.replay.conversation import Conversation, OpenCalls, Role, ToolCall, Turn, Unreadable, fit, is_write

ROLES: dict[str, Role] = {"user": "customer", "assistant": "agent", "tool": "tool", "function": "tool"}
PROMPTS = frozenset({"system", "developer"})


def read(document: Mapping[str, Any], *, fallback_id: str, writes: Sequence[str]) -> Conversation:
    """Read one transcript; raises Unreadable."""
    metadata = document.get("metadata")
    about = {**metadata, **document} if isinstance(metadata, dict) else document
    return Conversation(
        id=fit(str(about.get("id") or about.get("conversation_id") or fallback_id)),
        turns=tuple(_turns(document["messages"], writes)),
        channel=about.get("channel"),
        customer_id=about.get("customer_id"),
        agent=about.get("model") or about.get("agent"),
    )


def _turns(messages: Sequence[Mapping[str, Any]], writes: Sequence[str]) -> Iterator[Turn]:
    calls = OpenCalls()
    for seq, message in enumerate(messages, start=1):
        role = message.get("role")
        if role in PROMPTS:
            continue
        if role not in ROLES:
            says = f"message {seq} has the role {role!r}"
            raise Unreadable(says)
        made = tuple(_calls(message, seq, writes))
        calls.add(made)
        answers = calls.answered_by(message.get("tool_call_id")) if ROLES[role] == "tool" else None
        yield Turn(seq, ROLES[role], fit(_text(message.get("content"))), made, answers)


def _calls(message: Mapping[str, Any], seq: int, writes: Sequence[str]) -> Iterator[ToolCall]:
    listed = list(message.get("tool_calls") or ())
    if message.get("function_call"):
        listed.append({"function": message["function_call"]})
    for index, call in enumerate(listed):
        function = call["function"]
        name = fit(str(function["name"]))
        call_id = fit(str(call.get("id") or f"{seq}.{index}"))
        write = is_write(name, writes)
        yield ToolCall(seq, index, call_id, name, fit(_arguments(function.get("arguments"))), write=write)


def _arguments(written: object) -> dict[str, Any]:
    """What a model wrote may be no JSON; such a call is held like any other."""
    if isinstance(written, dict):
        return written
    try:
        arguments = json.loads(str(written or "{}"))
    except ValueError:
        return {"unparsed_arguments": str(written)}
    return arguments if isinstance(arguments, dict) else {"unparsed_arguments": str(written)}


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(filter(None, (_part(part) for part in content)))
    return "" if content is None else str(content)


def _part(part: object) -> str:
    if isinstance(part, Mapping):
        return str(part.get("text") or part.get("refusal") or f"[{part.get('type', 'attachment')}]")
    return str(part)
