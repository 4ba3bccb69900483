"""Where an address leads, and when its host may be another than it seems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.web import addresses


@pytest.mark.parametrize(
    ("host", "doubt"),
    [
        ("shop.example", ""),
        ("shop.example:8443", ""),
        ("bücher.example", ""),
        ("xn--bcher-kva.example", ""),
        ("почта.example", ""),
        ("日本ひらカタlatin.example", ""),
        ("p\u0430ypal.example", "letters of several scripts"),
        ("xn--pypal-4ve.example", "letters of several scripts"),
        ("\u0430\u0440\u0440\u04cf\u0435.example", "looks like apple.example but is not"),
        ("\uff53hop.example", "letters in disguise"),
        ("\U0001d5cchop.example", "letters in disguise"),
        ("%65vil.example", "letters in disguise"),
        ("192.0.2.7", "a number instead of a name"),
        ("3221225991", "a number instead of a name"),
        ("0xc0.0.2.7:80", "a number instead of a name"),
        ("[2001:db8::1]", "a number instead of a name"),
    ],
)
def test_a_host_is_doubted_for_a_reason(host: str, doubt: str) -> None:
    assert addresses.doubtful(host) == doubt


@pytest.mark.parametrize(
    ("text", "host", "url"),
    [
        ("https://a.example/b?c#d", "a.example", "https://a.example/b?c#d"),
        ("(https://a.example).", "a.example", "https://a.example"),
        ("WWW.a.example/b", "a.example", "https://WWW.a.example/b"),
        ("https://evil.example\\@good.example", "evil.example", "https://evil.example\\@good.example"),
        ("ftp://a.example/b", "a.example", ""),
        ("![x](https://a.example/leak.png)", "a.example", "https://a.example/leak.png"),
    ],
)
def test_an_address_is_found_with_its_host(text: str, host: str, url: str) -> None:
    (found,) = addresses.find(text)
    assert (found.host, found.url, found.doubt) == (host, url, "")


def test_what_stands_before_the_at_sign_is_not_taken_for_the_host() -> None:
    (found,) = addresses.find("https://bank.example@evil.example/")
    assert (found.before, found.host) == ("https://bank.example@", "evil.example")
    assert found.doubt == "the name before the @ is not the host"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop",
        " https://a.example",
        "https://a.example b",
        "javascript:alert(1)",
        "javascript://a.example/%0aalert(1)",
        "data:text/html,x",
        "https://a\u202e.example",
        f"https://a.example/{'x' * addresses.LONGEST}",
    ],
)
def test_only_a_whole_and_plain_address_of_a_page_is_read(text: str) -> None:
    assert addresses.read(text) is None


def test_a_whole_address_is_read() -> None:
    found = addresses.read("https://a.example/b")
    assert found is not None
    assert found.url == "https://a.example/b"


@given(st.text())
def test_the_pieces_of_an_address_are_the_text_where_it_stands(text: str) -> None:
    for found in addresses.find(f"{text}https://a{text}"):
        assert f"{text}https://a{text}"[found.start : found.end] == f"{found.before}{found.host}{found.after}"
