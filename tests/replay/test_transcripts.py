"""Every line of a file becomes a conversation or a named fault."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl.replay.conversation import Conversation, Unreadable, Value, fit, is_write
from hitl.replay.transcripts import Fault, read_all, read_line
from hitl_client import canonical
from tests.replay.conftest import action, call, chat, stored

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
WORDS = st.sampled_from(
    ["messages", "seq", "role", "content", "tool_calls", "id", "function", "name", "arguments", "text"]
)
NEARLY = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["user", "assistant", "tool", "customer", "agent", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
)


def one(document, **options):
    return read_line(json.dumps(document).encode(), fallback_id="talks-1", **options)


def read_or_fault(document):
    try:
        return one(document)
    except Unreadable as fault:
        return fault


def names(calls):
    return [(made.seq, made.index, made.call_id, made.name) for made in calls]


def test_a_stored_conversation_is_read_whole():
    talk = one(stored())
    assert (talk.id, talk.agent, talk.channel, talk.customer_id) == ("talk-1", "A", "chat", "maya")
    assert [(turn.seq, turn.role, turn.text) for turn in talk.turns][:3] == [
        (2, "customer", "My order A-1 is late."),
        (3, "agent", ""),
        (4, "tool", "late by 14 days"),
    ]
    assert names(talk.writes) == [
        (5, 0, "call_refund_order", "refund_order"),
        (7, 0, "call_close_order", "close_order"),
    ]
    assert talk.writes[0].arguments == {"amount": 350.5}
    assert talk.writes[0].sections == ("Refunds",)


@pytest.mark.parametrize(
    ("value", "stake"),
    [
        ({"refund": 10, "charge": 0, "gross": 99.9, "currency": "USD"}, Value(Decimal("99.9"), "USD")),
        ({"refund": 120.5, "charge": None, "currency": "EUR"}, Value(Decimal("120.5"), "EUR")),
        ({"refund": 0, "charge": 0, "gross": 0, "currency": "USD"}, Value(Decimal(0), "USD")),
        ({"currency": "USD"}, None),
        (None, None),
    ],
)
def test_the_stake_of_a_stored_action_is_the_largest_of_its_amounts(value, stake):
    talk = one(stored(actions=[{**action(5, "refund_order"), "value": value}]))
    assert [write.value for write in talk.writes] == [stake]


def test_a_listed_action_without_its_call_is_a_fault():
    with pytest.raises(Unreadable, match="actions without a call: cancel_order in message 5"):
        one(stored(actions=[action(5, "cancel_order")]))


def test_without_a_list_of_actions_the_names_of_the_calls_decide():
    assert names(one({**stored(), "actions": None}).writes) == names(one(stored()).writes)


def test_a_device_of_the_customer_counts_as_a_tool():
    messages = [{"seq": 1, "role": "customer", "text": "hi"}, {"seq": 2, "role": "device", "text": "airplane mode"}]
    assert [turn.role for turn in one({"messages": messages, "actions": []}).turns] == ["customer", "tool"]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([{"seq": 2, "role": "agent"}, {"seq": 2, "role": "agent"}], "message 2 follows message 2; seq must grow"),
        ([{"seq": "2", "role": "agent"}], "message '2' follows message -1; seq must grow"),
        ([{"seq": 2, "role": "robot"}], "message 2 has the role 'robot'"),
        ([{"role": "robot"}], "message 1 has the role 'robot'"),
        (
            [{"seq": 1, "role": "agent", "tool_calls": [{"id": "x"}]}],
            "a message is not as it should be: KeyError 'name'",
        ),
        (["hello"], "no conversation: an object with a list of messages is needed"),
        (None, "no conversation: an object with a list of messages is needed"),
    ],
)
def test_a_conversation_that_makes_no_sense_says_why(messages, says):
    with pytest.raises(Unreadable) as fault:
        one({"messages": messages})
    assert str(fault.value) == says


def test_a_chat_transcript_is_read_without_its_system_prompt():
    talk = one(chat(call("refund_order", amount="5"), call("get_order"), id="chat-1", model="some-model"))
    assert (talk.id, talk.agent) == ("chat-1", "some-model")
    assert [(turn.seq, turn.role, turn.text) for turn in talk.turns] == [
        (2, "customer", "Hello"),
        (3, "agent", ""),
        (4, "tool", "refund_order done"),
        (5, "tool", "get_order done"),
        (6, "agent", "Bye"),
    ]
    assert [(write.name, write.arguments, write.slot) for write in talk.writes] == [
        ("refund_order", {"amount": "5"}, (3, 0))
    ]


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({"id": 7}, "7"),
        ({"metadata": {"id": "m"}}, "m"),
        ({"conversation_id": "c"}, "c"),
        ({"metadata": None}, "talks-1"),
    ],
)
def test_a_transcript_is_named_by_its_id_or_its_line(about, name):
    assert one(chat(**about)).id == name


def test_content_in_parts_is_read_as_text():
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {}}, "end"]
    talk = one({"messages": [{"role": "user", "content": parts}]})
    assert [turn.text for turn in talk.turns] == ["Look:\n[image_url]\nend"]


def test_a_single_function_call_of_the_old_form_is_a_call_too():
    old = {"role": "assistant", "content": "", "function_call": {"name": "refund_order", "arguments": "{}"}}
    talk = one({"messages": [old, {"role": "function", "name": "refund_order", "content": "ok"}]})
    assert (names(talk.writes), talk.turns[1].answers) == ([(1, 0, "1.0", "refund_order")], (1, 0))


def test_arguments_may_be_an_object_already():
    document = chat(call("refund_order"))
    document["messages"][2]["tool_calls"][0]["function"]["arguments"] = {"amount": 5}
    assert [write.arguments for write in one(document).writes] == [{"amount": 5}]


@pytest.mark.parametrize("written", ["{not json", "[1, 2]", "7"])
def test_arguments_that_are_no_object_are_kept_and_still_gated(written):
    document = chat(call("refund_order"))
    document["messages"][2]["tool_calls"][0]["function"]["arguments"] = written
    assert [write.arguments for write in one(document).writes] == [{"unparsed_arguments": written}]


def test_call_ids_may_repeat_and_every_call_keeps_its_own_result():
    def said(seq, *calls):
        return {"seq": seq, "role": "agent", "text": "", "tool_calls": list(calls)}

    def result(seq, text):
        return {"seq": seq, "role": "tool", "tool_call_id": "call_pay", "text": text}

    messages = [
        said(1, call("pay", n=1), call("pay", n=2)),
        result(2, "first"),
        result(3, "second"),
        said(4, call("pay", n=3)),
        said(5, call("pay", n=4)),
        result(6, "fourth"),
        result(7, "third"),
        result(8, "nobody asked"),
    ]
    talk = one({"messages": messages})
    results = [turn and turn.text for turn in map(talk.result_of, talk.writes)]
    assert results == ["first", "second", "third", "fourth"]
    assert len({write.slot for write in talk.writes}) == 4


def test_a_call_that_was_never_answered_has_no_result():
    talk = one({"messages": [{"seq": 1, "role": "agent", "text": "", "tool_calls": [call("pay")]}]})
    assert talk.result_of(talk.writes[0]) is None


@pytest.mark.parametrize(
    ("name", "globs", "write"),
    [
        ("get_order", (), False),
        ("find_user_id_by_email", (), False),
        ("list_products", (), False),
        ("search_kb", (), False),
        ("lookup", (), True),
        ("lookup_order", (), False),
        ("read_file", (), False),
        ("think", (), False),
        ("calculate", (), False),
        ("cancel_order", (), True),
        ("Get_order", (), True),
        ("cancel_order", ("refund_*",), False),
        ("refund_order", ("cancel_*", "refund_*"), True),
        ("get_money", ("get_money",), True),
    ],
)
def test_what_does_not_look_like_a_read_is_a_write_unless_globs_say_otherwise(name, globs, write):
    assert is_write(name, globs) is write


def test_bad_lines_are_named_and_the_rest_is_read(lines):
    file = lines("{broken", "", stored(1), "[]", stored(2))
    found = list(read_all([file]))
    assert [one.id for one in found if isinstance(one, Conversation)] == ["talk-1", "talk-2"]
    faults = [str(one) for one in found if isinstance(one, Fault)]
    assert faults == [
        f"{file}, line 1: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        f"{file}, line 4: no conversation: an object with a list of messages is needed",
    ]


def test_bytes_that_are_no_text_are_a_fault_of_their_line(tmp_path):
    file = tmp_path / "talks.jsonl"
    file.write_bytes(b'\xff\xfe{"messages"\n' + json.dumps(stored()).encode() + b"\n")
    assert [type(one) for one in read_all([file])] == [Fault, Conversation]


def test_conversations_of_one_name_stay_two(lines):
    first = lines(stored(1), stored(1), {**stored(1), "id": "talk-1~2"}, name="a.jsonl")
    second = lines(stored(1), name="b.jsonl")
    assert [talk.id for talk in read_all([first, second]) if isinstance(talk, Conversation)] == [
        "talk-1",
        "talk-1~2",
        "talk-1~2~2",
        "talk-1~3",
    ]


@given(JSON)
def test_whatever_was_recorded_is_made_fit_to_travel(value):
    canonical(fit(value))


@given(JSON | NEARLY)
def test_no_line_can_end_the_reading(value):
    assert isinstance(read_or_fault(value), Conversation | Unreadable)


@given(st.lists(st.dictionaries(WORDS, NEARLY, max_size=5), max_size=4))
def test_no_message_can_end_the_reading(messages):
    assert isinstance(read_or_fault({"messages": messages}), Conversation | Unreadable)
