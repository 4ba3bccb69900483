"""The package's README says what is true."""

import ast
import re
from pathlib import Path
from typing import Any, get_args

import hitl_client
from hitl_client.gate import Status

README = Path(hitl_client.__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
FIRST, SECOND, THIRD = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_five_lines_gate_a_function_as_they_stand(small):
    small.policy = lambda said: [{"call_id": said["actions"][0]["call_id"], "type": "approve"}]

    def refund_order(order_id, amount):
        return f"refunded {amount} for {order_id}"

    given: dict[str, Any] = {"key": "key", "refund_order": refund_order}
    exec(FIRST.replace("http://localhost:8000", small.url), given)  # noqa: S102 - the README's own lines
    given["desk"].close()
    assert len(FIRST.split("\n\n", 1)[1].splitlines()) + 1 <= 5
    assert given["answer_of_the_tool"] == "refunded 350.00 for A-1"


def test_the_longer_example_builds_a_proposal():
    whole = ast.parse(SECOND)
    built: list[ast.stmt] = [part for part in whole.body if isinstance(part, ast.ImportFrom | ast.Assign)]
    given: dict[str, Any] = {}
    exec(compile(ast.Module(built, []), "README.md", "exec"), given)  # noqa: S102 - the README's own lines
    assert [action.call_id for action in given["proposal"].actions] == ["call_1", "call_2"]


def test_the_example_of_a_takeover_delivers_what_a_person_wrote(small):
    said: list[str] = []
    small.outbox = [{"id": "msg_1", "text": "Hello, Ana here.", "by": "Ana R.", "at": "2026-11-20T12:00:00Z"}]
    with hitl_client.Desk(small.url, "key") as desk:
        chat = type("Chat", (), {"send": staticmethod(said.append)})
        exec(THIRD, {"desk": desk, "chat": chat, "Message": hitl_client.Message})  # noqa: S102 - the README's own lines
    assert (said, small.outbox) == (["Hello, Ana here."], [])


def test_every_status_is_explained():
    explained = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)))
    assert sorted(explained) == sorted(get_args(Status))


def test_the_verbs_and_errors_of_the_readme_exist():
    verbs = README.partition("## Verbs")[2].partition(": the same on")[0]
    named = re.findall(r"`(\w+)`", verbs)
    assert named == [verb for verb in named if hasattr(hitl_client.Desk, verb) and hasattr(hitl_client.AsyncDesk, verb)]
    assert len(named) == 18
    assert [
        name
        for name in re.findall(r"`(\w+Error|Problem)`", README)
        if name != "ValidationError" and not hasattr(hitl_client, name)
    ] == []


def test_sync_and_async_offer_the_same_verbs():
    def public(kind):
        return sorted(name for name in vars(kind) if not name.startswith("_"))

    assert public(hitl_client.Desk) == public(hitl_client.AsyncDesk)
