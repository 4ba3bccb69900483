"""Events arrive once each and in order, whatever the connection does."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_client import Problem, UnreachableError, UnreadableError
from hitl_client.events import EventStream
from tests.client.conftest import proposal

STREAM = (
    ": hello\n\n"
    'id: 7\nevent: case.decided\ndata: {"case_id": "case_1"}\n\n'
    "retry: 1000\n\n"
    'id:8\nevent:agent.paused\ndata:{"says":\ndata: "pause\u2028\x85 now"}\n\n'
    'id: 9\ndata: {"type": "case.expired", "timestamp": "2026-11-20T12:00:00Z", "data": {"case_id": "case_2"}}\n\n'
    "id: 10\nevent: case.question\ndata: {}\n"  # never completed
)


def told(small, desk, count):
    """So many things happen to one case."""
    case = desk.propose(proposal())
    for number in range(count):
        small.ask(case.id, f"Question {number}?")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@given(cuts=st.lists(st.integers(0, 400)))
def test_events_read_the_same_wherever_the_bytes_are_cut(line_end, cuts):
    written = STREAM.replace("\n", line_end).encode()
    edges = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    stream = EventStream()
    events = [event for start, end in itertools.pairwise(edges) for event in stream.feed(written[start:end])]
    assert [(event.id, event.type, event.data) for event in events] == [
        ("7", "case.decided", {"case_id": "case_1"}),
        ("8", "agent.paused", {"says": "pause\u2028\x85 now"}),
        ("9", "case.expired", {"case_id": "case_2"}),
    ]
    assert stream.last_id == "9"


def test_an_event_that_cannot_be_read_is_said_so():
    with pytest.raises(UnreadableError, match="event 7 cannot be read"):
        EventStream().feed(b"id: 7\ndata: {oh no\n\n")


def test_events_stream_in_order(small, desk):
    told(small, desk, 3)
    events = desk.events()
    seen = [next(events) for _ in range(3)]
    events.close()
    assert [(event.id, event.type) for event in seen] == [
        ("1", "case.question"),
        ("2", "case.question"),
        ("3", "case.question"),
    ]
    assert seen[0].data["case_id"] == "case_1"


def test_a_stream_goes_on_behind_the_last_event_that_was_dealt_with(small, desk):
    told(small, desk, 3)
    events = desk.events("2")
    assert next(events).id == "3"
    events.close()
    assert small.seen[-1].headers["last-event-id"] == "2"


def test_a_stream_that_breaks_in_the_middle_of_an_event_loses_and_repeats_nothing(small, desk):
    told(small, desk, 4)
    small.expect("/events", "drop", times=2)
    events = desk.events()
    assert [next(events).id for _ in range(4)] == ["1", "2", "3", "4"]
    events.close()
    assert [seen.headers.get("last-event-id") for seen in small.calls("GET /events")] == [None, "1", "2"]


def test_a_stream_waits_for_a_busy_desk(small, desk):
    told(small, desk, 1)
    small.expect("/events", "busy", status=503)
    small.expect("/events", "cut")
    events = desk.events()
    assert next(events).id == "1"
    events.close()


def test_a_stream_ends_when_the_key_is_refused(small, desk):
    small.expect("/events", "busy", status=401)
    with pytest.raises(Problem) as refused:
        next(desk.events())
    assert refused.value.status == 401


def test_a_stream_gives_up_on_a_desk_that_stays_away(small, desk):
    small.expect("/events", "cut", times=100)
    with pytest.raises(UnreachableError, match="could not be opened again"):
        next(desk.events())


def test_events_can_be_polled_page_by_page(small, desk):
    told(small, desk, 2)
    page = desk.poll_events()
    assert ([event.type for event in page.events], page.cursor) == (["case.question", "case.question"], "2")
    assert desk.poll_events(page.cursor).events == ()
