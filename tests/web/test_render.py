"""Text of others is shown, never run, never hidden, never clickable."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.web import render

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def inner(text: object) -> str:
    """What stands inside the frame of untrusted text."""
    shown = render.untrusted(text)
    assert shown.startswith('<bdi dir="auto" class="said">')
    return shown.removeprefix('<bdi dir="auto" class="said">').removesuffix("</bdi>")


def test_how_actions_were_decided_is_told_in_the_readers_language() -> None:
    with override("de"):
        assert (render.ruled("approve, edit"), render.ruled("reject"), render.ruled("")) == (
            "freigeben, ändern",
            "ablehnen",
            "",
        )


def test_markup_is_shown_as_text() -> None:
    assert inner('<script>alert("1")</script>') == "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"


def test_a_hidden_character_is_a_chip_that_names_it() -> None:
    shown = inner("re\u202efund")
    assert shown == 're<span class="hid" title="U+202E RIGHT-TO-LEFT OVERRIDE">U+202E</span>fund'


def test_a_smuggled_tag_letter_is_shown_as_the_letter_it_stands_for() -> None:
    assert inner("\U000e0061") == '<span class="hid" title="U+E0061 TAG a">a</span>'


def test_an_address_is_text_whose_host_stands_out() -> None:
    shown = inner("see https://evil.example.net/a?b=1 or www.shop.example")
    assert shown == "see https://<b class='host'>evil.example.net</b>/a?b=1 or www.<b class='host'>shop.example</b>"


def test_an_address_leads_to_the_page_that_warns_of_it() -> None:
    assert render.linked("see https://evil.example.net/a?b=1&c.") == (
        '<bdi dir="auto" class="said">see '
        '<a href="/leave/?to=https%3A%2F%2Fevil.example.net%2Fa%3Fb%3D1%26c" rel="nofollow">'
        "https://<b class='host'>evil.example.net</b>/a?b=1&amp;c</a>.</bdi>"
    )


@pytest.mark.parametrize(
    "text", ["javascript://x.example/%0aalert(1)", "data:text/html,x", "ftp://x.example", "https://x\u200b.example"]
)
def test_what_is_no_page_of_the_web_or_hides_something_leads_nowhere(text: str) -> None:
    assert "<a" not in render.linked(text)


def test_a_doubtful_host_is_marked() -> None:
    assert inner("https://p\u0430ypal.example/") == (
        "https://<b class='host'>p\u0430ypal.example</b>/ <span class=\"chip bad\">letters of several scripts</span>"
    )


def test_markup_around_an_address_stays_text() -> None:
    assert inner('<a href="https://x.example">') == ("&lt;a href=&quot;https://<b class='host'>x.example</b>&quot;&gt;")


def test_nothing_is_shown_for_nothing() -> None:
    assert inner(None) == ""


@given(st.text())
def test_whatever_the_text_no_element_of_it_reaches_the_page(text: str) -> None:
    shown = inner(text)
    for ours in ("<span class=", "<b class='host'>", "</b>", "</span>"):
        shown = shown.replace(ours, "")
    assert "<" not in shown


def test_hidden_characters_are_written_out_where_no_chip_can_stand() -> None:
    assert render.plain("a\u200bb") == "a[U+200B]b"


@pytest.mark.parametrize(
    ("name", "spoken"),
    [("refund_order", "refund order"), ("refundOrder", "refund order"), ("mail.send-now", "mail send now"), ("", "")],
)
def test_names_of_machines_are_written_as_words(name: str, spoken: str) -> None:
    assert render.words(name) == spoken


@pytest.mark.parametrize(
    ("left", "shown"),
    [(252, "4:12"), (0, "0:00"), (3900, "1 h 05"), (2 * 86400, "2 d"), (-760, "12:40 late")],
)
def test_time_left_is_short(left: int, shown: str) -> None:
    assert render.countdown(timedelta(seconds=left)) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(40, "40 s"), (660, "11 min"), (7300, "2 h"), (200000, "2 d")])
def test_an_age_is_given_in_one_unit(seconds: int, shown: str) -> None:
    assert render.age(NOON - timedelta(seconds=seconds), NOON) == shown


@pytest.mark.parametrize(
    ("left", "css"), [(60, "due num"), (10, "due num soon"), (0, "due num late"), (-5, "due num late")]
)
def test_a_ring_says_by_its_class_and_its_text_how_near_it_is(left: int, css: str) -> None:
    drawn = render.ring(NOON + timedelta(seconds=left), NOON + timedelta(seconds=left - 100), NOON, "due in")
    assert f'<span class="{css}"' in drawn
    assert drawn.count('<span class="sr">due in </span>') == 1


def test_a_ring_is_as_full_as_its_time() -> None:
    drawn = render.ring(NOON + timedelta(seconds=50), NOON - timedelta(seconds=50), NOON, "due in")
    assert 'stroke-dasharray="28 57"' in drawn


def test_a_time_carries_its_exact_form() -> None:
    assert render.moment(NOON) == (
        '<time datetime="2026-11-20T12:00:00+00:00" title="Nov. 20, 2026, noon UTC" data-shape="">20 Nov, 12:00</time>'
    )
    assert render.moment(None) == "–"


def test_a_time_that_an_agent_made_up_is_left_out() -> None:
    assert render.instant("<b>yesterday</b>") == ""
    assert "12:00" in render.instant("2026-11-20T12:00:00Z")
    assert "12:00" in render.instant("2026-11-20T12:00:00")
