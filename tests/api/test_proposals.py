"""POST /proposals: what an agent may say, and what it gets."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from hitl.api import examples
from hitl.api.replies import instant
from hitl.api.schemas import proposals
from reviewqueue.engine import canonical
from reviewqueue.models import Case, Event
from reviewqueue.queries import links
from tests import factories
from tests.api.wire import AgentCaller

SMALLEST: dict[str, Any] = {
    "dedupe_key": "conv_1:call_1",
    "conversation": {"id": "conv_1"},
    "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "cancel_order", "args": {"order_id": "A-1"}}],
}
REFUNDS_OVER_200 = {
    "name": "refund-over-limit",
    "category": "financial",
    "match": {"action": ["refund*"]},
    "when": {"fact": "action.value", "over": "200.00", "if_unknown": "fire"},
    "outcome": "review",
    "queue": "billing",
    "priority": "high",
}
RELEASES = {"oversight": [{"match": {}, "mode": "out_of_the_loop"}]}


def with_change(path, value):
    """The example of the description with one place changed."""
    document = copy.deepcopy(examples.PROPOSAL)
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    return document


@pytest.mark.covers("R1", "R139")
def test_five_lines_are_enough_for_a_pending_case(agent):
    policy = factories.policy()
    reply = agent.post("/proposals", SMALLEST)
    case = Case.objects.get()
    assert (reply.status, reply.headers["ETag"], reply.headers["Cache-Control"]) == (201, '"1"', "no-store")
    assert reply.body == {
        "id": case.pk,
        "dedupe_key": "conv_1:call_1",
        "status": "pending",
        "version": 1,
        "oversight": "in_the_loop",
        "waiting_on": "reviewer",
        "reasons": [],
        "policy_version": policy.number,
        "queue": "routine",
        "priority": "normal",
        "created_at": instant(case.created_at),
        "due_at": instant(case.created_at + timedelta(hours=1)),
        "expires_at": instant(case.created_at + timedelta(days=1)),
        "customer_message": "We are reviewing your case and will answer as soon as we can.",
        "wait": None,
        "status_url": links.status_url(Case.objects.get()),
        "decisions": [],
        "questions": [],
        "resume": None,
    }


@pytest.mark.covers("R15", "R54")
def test_the_reasons_say_what_was_seen_and_where_the_threshold_lies(agent):
    factories.policy(triggers=[REFUNDS_OVER_200])
    reply = agent.post("/proposals", examples.PROPOSAL)
    assert reply.body["reasons"] == [
        {
            "trigger": "refund-over-limit",
            "category": "financial",
            "says": "refund 350.00 EUR is over 200.00 EUR",
            "observed": "350.00",
            "threshold": "200.00",
        }
    ]
    assert (reply.body["queue"], reply.body["priority"]) == ("billing", "high")


@pytest.mark.covers("R2", "R3")
def test_a_released_case_is_decided_in_the_first_answer_with_its_grant(agent):
    policy = factories.policy(**RELEASES)
    reply = agent.post("/proposals", SMALLEST)
    (decision,) = reply.body["decisions"]
    final = {"name": "cancel_order", "args": {"order_id": "A-1"}}
    assert (reply.status, reply.body["status"], reply.body["waiting_on"]) == (201, "decided", None)
    assert decision["decided_by"] == {"type": "policy", "id": f"policy_{policy.number}", "display": None}
    assert (decision["type"], decision["final_action"]) == ("approve", final)
    assert decision["grant"]["digest"] == canonical.digest(final)
    assert reply.body["customer_message"] is None


@pytest.mark.covers("R82")
def test_the_received_bytes_and_the_versions_are_kept(agent):
    factories.policy()
    raw = json.dumps(examples.PROPOSAL, indent=3)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    agent.send("POST", "/proposals", raw.encode(), headers={"traceparent": trace})
    case = Case.objects.get()
    assert (case.proposal, case.content_digest) == (raw, canonical.digest(examples.PROPOSAL))
    kept = (case.agent_version, case.agent_model, case.agent_prompt, case.agent_knowledge, case.trace_parent)
    assert kept == ("2026.11.3", "some-model", "p-41", "kb-2026-11-18", trace)


def test_a_broken_traceparent_is_left_out(agent):
    factories.policy()
    agent.post("/proposals", SMALLEST, traceparent="nonsense" * 50)
    assert Case.objects.get().trace_parent == ""


def test_the_same_key_with_equal_content_finds_the_case_as_it_stands(agent, reviewer):
    factories.policy()
    first = agent.post("/proposals", SMALLEST).body
    reviewer.claim(first["id"])
    reordered = dict(reversed(list(SMALLEST.items())))
    again = agent.post("/proposals", reordered)
    assert (again.status, again.body["id"], again.body["version"]) == (200, first["id"], 2)
    assert Case.objects.count() == 1


def test_a_repeat_shows_a_decision_whose_undo_window_has_closed(agent, reviewer):
    factories.policy(undo_seconds=60)
    first = agent.post("/proposals", SMALLEST).body
    reviewer.decide(reviewer.claim(first["id"]))
    Case.objects.update(effective_at=factories.now() - timedelta(seconds=1))
    Case.objects.get().decisions.update(effective_at=factories.now() - timedelta(seconds=1))
    again = agent.post("/proposals", SMALLEST)
    assert (again.status, again.body["status"]) == (200, "decided")


def test_the_same_key_with_other_content_is_refused_and_names_the_case(agent):
    first = agent.propose(dedupe_key="thread-1")
    reply = agent.post("/proposals", factories.document(dedupe_key="thread-1", intent="other"))
    assert (reply.status, reply.slug, reply.body["case"]) == (422, "dedupe-conflict", first["id"])


def test_two_agents_may_use_the_same_key(agent):
    factories.policy()
    other = AgentCaller()
    assert agent.post("/proposals", SMALLEST).body["id"] != other.post("/proposals", SMALLEST).body["id"]


def test_superseding_closes_the_older_case_of_the_conversation(agent):
    old = agent.propose(conversation={"id": "conv_1"})
    new = agent.propose(conversation={"id": "conv_1"}, supersedes=old["id"])
    assert (agent.get(f"/cases/{old['id']}").body["status"], new["status"]) == ("superseded", "pending")


@pytest.mark.parametrize("by_another", [True, False])
def test_only_a_case_of_this_conversation_can_be_superseded(agent, by_another):
    old = (AgentCaller() if by_another else agent).propose(conversation={"id": "conv_1"})
    conversation = "conv_1" if by_another else "conv_2"
    reply = agent.post("/proposals", factories.document(conversation={"id": conversation}, supersedes=old["id"]))
    assert (reply.status, reply.slug) == (422, "invalid-proposal")
    assert reply.faults == [("/supersedes", "There is no such case in this conversation.")]


@pytest.mark.covers("R42")
def test_a_conversation_that_a_person_holds_takes_no_proposal(agent, reviewer):
    held = agent.propose(conversation={"id": "conv_1"})
    reviewer.post(f"/review/cases/{held['id']}/take_over", {"note": "I know her."})
    reply = agent.post("/proposals", factories.document(conversation={"id": "conv_1"}))
    assert (reply.status, reply.slug, reply.body["case"]) == (409, "not-pending", held["id"])


@pytest.mark.parametrize("since", ["2023-05-01", "2023-05-01T10:00:00.5+02:00", "2023-05-01t10:00:00z"])
def test_a_customer_is_known_since_a_day_or_a_moment(agent, since):
    factories.policy()
    assert agent.post("/proposals", with_change(("customer", "since"), since)).status == 201


def test_every_field_of_the_contract_is_taken(agent):
    factories.policy()
    reply = agent.post("/proposals", examples.PROPOSAL)
    assert (reply.status, reply.body["resume"]) == (201, {"checkpoint": "1ef9"})


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "The body is empty; send a JSON object."),
        (b"{", "The body cannot be read: Expecting property name"),
        (b'{"a": "b', "The body cannot be read: Unterminated string starting at line 1, column 7."),
        (b"\xff\xfe", "The body cannot be read: byte 0 is not UTF-8."),
        (b'{"a": 1, "a": 2}', "The body cannot be read: the key 'a' stands twice in one object."),
        (b"[" * 40 + b"]" * 40, "The body cannot be read: nested deeper than 32 levels."),
        (b"[" * 200_000, "The body cannot be read: nested deeper than 32 levels."),
    ],
    ids=["empty", "cut", "cut in text", "not UTF-8", "key twice", "deep", "bomb"],
)
def test_a_body_that_is_not_json_is_malformed(agent, raw, detail):
    reply = agent.send("POST", "/proposals", raw)
    assert (reply.status, reply.slug, reply.body["detail"][: len(detail)]) == (400, "malformed-json", detail)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'{"dedupe_key": "a\\u0000b"}', ("/dedupe_key", "text must not hold a NUL character")),
        (b'{"dedupe_key": "\\ud800"}', ("/dedupe_key", "text must not hold an unpaired surrogate")),
        (b'{"x": NaN}', ("/x", "a number must be finite")),
        (b'{"x": 1e999}', ("/x", "a number must be finite")),
        (b'{"x": 9007199254740993}', ("/x", "an integer beyond 2^53 - 1 must be sent as a string")),
    ],
)
def test_values_that_cannot_be_kept_exactly_are_refused_by_place(agent, raw, fault):
    reply = agent.send("POST", "/proposals", raw)
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-proposal", [fault])


@pytest.mark.parametrize("body", [[], "text", 7, True])
def test_json_that_is_no_object_does_not_fit(agent, body):
    reply = agent.post("/proposals", body)
    assert (reply.status, reply.slug, [pointer for pointer, _ in reply.faults]) == (422, "invalid-proposal", [""])


def test_null_is_no_proposal(agent):
    reply = agent.send("POST", "/proposals", b"null")
    assert (reply.status, reply.faults) == (422, [("", "Send a JSON object.")])


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("dedup_key",), "x", ("/dedup_key", "Unknown field “dedup_key”; did you mean “dedupe_key”?")),
        (("actions", 0, "arg"), {}, ("/actions/0/arg", "Unknown field “arg”; did you mean “args”?")),
        (("customer", "zzz"), 1, ("/customer/zzz", "Unknown field “zzz”.")),
        (("text",), "x", ("/text", "The field “text” does not belong here.")),
        (("dedupe_key",), "", ("/dedupe_key", "String should have at least 1 character")),
        (("dedupe_key",), "x" * 256, ("/dedupe_key", "String should have at most 255 characters")),
        (("dedupe_key",), 7, ("/dedupe_key", "Send text.")),
        (("conversation", "id"), "x" * 201, ("/conversation/id", "String should have at most 200 characters")),
        (("actions",), [], ("/actions", "List should have at least 1 item after validation, not 0")),
        (
            ("actions", 0, "kind"),
            "wish",
            ("/actions/0/kind", "Input should be 'tool_call', 'reply', 'question' or 'handoff'"),
        ),
        (("actions", 0, "args"), [], ("/actions/0/args", "Send a JSON object.")),
        (
            ("actions", 0, "value", "amount"),
            350.0,
            ("/actions/0/value/amount", "Send text."),
        ),
        (
            ("actions", 0, "value", "amount"),
            "1e9",
            ("/actions/0/value/amount", r"String should match pattern '^-?[0-9]{1,18}(\.[0-9]{1,12})?$'"),
        ),
        (
            ("actions", 0, "value", "currency"),
            "eur",
            ("/actions/0/value/currency", "String should match pattern '^[A-Z]{3}$'"),
        ),
        (("actions", 0, "reversible"), "no", ("/actions/0/reversible", "Send true or false.")),
        (
            ("actions", 0, "allowed_decisions"),
            [],
            ("/actions/0/allowed_decisions", "List should have at least 1 item after validation, not 0"),
        ),
        (
            ("actions", 0, "args_schema"),
            {"type": "objekt"},
            (
                "/actions/0/args_schema",
                "This is no usable JSON Schema: /type: 'objekt' is not valid under any of the given schemas",
            ),
        ),
        (
            ("actions", 0, "args_schema"),
            {"$ref": "http://169.254.169.254/"},
            (
                "/actions/0/args_schema",
                "This is no usable JSON Schema: $ref must stay inside the schema and start with #",
            ),
        ),
        (
            ("conversation", "messages", 0, "role"),
            "boss",
            (
                "/conversation/messages/0/role",
                "Input should be 'customer', 'agent', 'human', 'tool' or 'system'",
            ),
        ),
        (
            ("conversation", "messages", 0, "seq"),
            -1,
            ("/conversation/messages/0/seq", "Input should be greater than or equal to 0"),
        ),
        (
            ("conversation", "messages", 0, "at"),
            "yesterday",
            (
                "/conversation/messages/0/at",
                "Send a time as RFC 3339 with its offset, such as 2026-11-20T12:00:00Z.",
            ),
        ),
        (
            ("conversation", "messages", 0, "at"),
            "2026-02-30T12:00:00Z",
            ("/conversation/messages/0/at", "This time does not exist: day is out of range for month."),
        ),
        (
            ("conversation", "messages", 0, "at"),
            "0001-01-01T00:00:00+14:00",
            ("/conversation/messages/0/at", "A time lies between the years 1900 and 3000."),
        ),
        (("customer", "since"), "2026-13-01", ("/customer/since", "This day does not exist: month must be in 1..12.")),
        (("signals", "confidence"), 62, ("/signals/confidence", "Input should be less than or equal to 1")),
        (("signals", "sentiment"), -2, ("/signals/sentiment", "Input should be greater than or equal to -1")),
        (("on_expiry",), "approve", ("/on_expiry", "Input should be 'expire'")),
        (("expires_in",), 0, ("/expires_in", "Input should be greater than or equal to 1")),
        (("expires_in",), 2_592_001, ("/expires_in", "Input should be less than or equal to 2592000")),
        (("expires_in",), True, ("/expires_in", "Send a whole number.")),
        (
            ("resume",),
            "x" * proposals.LONGEST_RESUME,
            ("/resume", "resume holds at most 16384 bytes; keep the state with you and send its name."),
        ),
        (("release",), "never", ("/release", "Input should be 'together' or 'each'")),
        (("sources",), None, ("/sources", "Send a list.")),
    ],
)
def test_what_does_not_fit_is_refused_by_place(agent, path, value, fault):
    reply = agent.post("/proposals", with_change(path, value))
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-proposal", [fault])


def test_each_fault_has_its_own_entry(agent):
    reply = agent.post("/proposals", {"actions": [{"kind": "reply", "name": "x", "args": {}, "zzz": 1}]})
    assert reply.faults == [
        ("/dedupe_key", "This field is required."),
        ("/conversation", "This field is required."),
        ("/actions/0/call_id", "This field is required."),
        ("/actions/0/zzz", "Unknown field “zzz”."),
    ]


def test_two_actions_need_two_call_ids(agent):
    action = SMALLEST["actions"][0]
    reply = agent.post("/proposals", SMALLEST | {"actions": [action, action]})
    assert reply.faults == [("", "Two actions are called call_1; give each a call_id of its own.")]


def test_two_messages_cannot_have_one_place(agent):
    messages = [{"seq": 2, "role": "customer", "text": "a"}, {"role": "customer", "text": "b"}]
    reply = agent.post("/proposals", SMALLEST | {"conversation": {"id": "c", "messages": messages}})
    assert reply.faults == [("/conversation", "Two messages have the place 2; give each its own seq, or none.")]


def test_messages_without_seq_stand_in_the_order_of_the_list(agent, reviewer):
    messages = [{"role": "customer", "text": "first"}, {"role": "agent", "text": "second"}]
    case = agent.propose(conversation={"id": "c", "messages": messages})
    shown = reviewer.get(f"/review/cases/{case['id']}").body["conversation"]["messages"]
    assert [(message["seq"], message["text"]) for message in shown] == [(1, "first"), (2, "second")]


@pytest.mark.parametrize(
    ("field", "most"),
    [("actions", proposals.MOST_ACTIONS), ("messages", proposals.MOST_MESSAGES), ("sources", proposals.MOST_SOURCES)],
)
def test_lists_have_a_longest_length_and_exactly_that_is_taken(agent, field, most):
    factories.policy()

    def document(count):
        action = SMALLEST["actions"][0]
        actions = [action | {"call_id": f"call_{n}"} for n in range(count if field == "actions" else 1)]
        messages = [{"seq": n, "role": "agent", "text": "x"} for n in range(count if field == "messages" else 0)]
        sources = [{"id": f"s{n}"} for n in range(count if field == "sources" else 0)]
        lists = {"actions": actions, "sources": sources, "conversation": {"id": "c", "messages": messages}}
        return {"dedupe_key": str(count), **lists}

    pointer = "/conversation/messages" if field == "messages" else f"/{field}"
    assert agent.post("/proposals", document(most)).status == 201
    refused = agent.post("/proposals", document(most + 1))
    says = f"List should have at most {most} items after validation, not {most + 1}"
    assert (refused.status, refused.faults) == (422, [(pointer, says)])


def test_a_body_of_one_mebibyte_is_taken_and_one_more_byte_is_not(agent):
    factories.policy()
    frame = len(json.dumps(SMALLEST | {"intent": "x", "briefing": {"summary": ""}}))
    fits = SMALLEST | {"intent": "x", "briefing": {"summary": "x" * (1024 * 1024 - frame)}}
    over = SMALLEST | {"intent": "x", "briefing": {"summary": "x" * (1024 * 1024 - frame + 1)}}
    assert agent.post("/proposals", fits).status == 201
    reply = agent.post("/proposals", over)
    assert (reply.status, reply.slug) == (413, "too-large")


def test_a_compressed_body_is_not_unpacked(agent):
    reply = agent.post("/proposals", SMALLEST, Content_Encoding="gzip")
    assert (reply.status, reply.slug) == (415, "unsupported-encoding")


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202egnp.exe", "' OR 1=1", "{{7*7}}", "\r\nX: y"])
def test_hostile_text_is_kept_word_by_word(agent, hostile):
    factories.policy()
    reply = agent.post("/proposals", with_change(("briefing", "issue"), hostile))
    assert (reply.status, Case.objects.get().issue) == (201, hostile)


def test_a_refused_proposal_leaves_nothing_behind(agent):
    factories.policy()
    agent.post("/proposals", SMALLEST | {"typo": 1})
    agent.post("/proposals", SMALLEST | {"supersedes": "case_unknown"})
    assert (Case.objects.count(), Event.objects.count()) == (0, 0)


def test_one_query_finds_the_caller(agent, django_assert_max_num_queries):
    factories.policy()
    agent.post("/proposals", factories.document())
    with django_assert_max_num_queries(16):
        agent.post("/proposals", factories.document())
