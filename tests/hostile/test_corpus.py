"""Each hostile string, shown: no element of it stands in the page, and nothing of it is lost."""

from collections import Counter
from html.parser import HTMLParser

import pytest

from reviewqueue.engine import hidden
from reviewqueue.web import render
from tests.hostile.corpus import CORPUS, FAMILIES, TEXTS

OURS = {"bdi", "span", "b", "a"}
CHIPS = {"hid", "chip bad"}


class Shown(HTMLParser):
    """What a browser would make of it: elements, where links lead, and the text without our chips."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.leads: list[str] = []
        self.chips = 0
        self._text: list[str] = []
        self._chip = False
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.leads += [str(found["href"])] if "href" in found else []
        self._chip = found.get("class") in CHIPS
        if found.get("class") == "hid":
            self.chips += 1
            number = str(found["title"]).split()[0].removeprefix("U+")
            self._text.append(chr(int(number, 16)))

    def handle_endtag(self, _tag: str) -> None:
        self._chip = False

    def handle_data(self, data: str) -> None:
        if not self._chip:
            self._text.append(data)

    @property
    def text(self) -> str:
        return "".join(self._text)


def test_there_are_more_than_four_hundred_and_none_twice() -> None:
    assert len(TEXTS) >= 400
    assert [text for text, times in Counter(TEXTS).items() if times > 1] == []
    assert {family for family, _text in CORPUS} == set(FAMILIES)


@pytest.mark.parametrize("shown", [render.untrusted, render.linked])
def test_no_element_of_any_reaches_the_page(shown: type) -> None:
    assert {tag for text in TEXTS for tag in Shown(shown(text)).tags} <= OURS
    leads = [lead for text in TEXTS for lead in Shown(shown(text)).leads]
    assert [lead for lead in leads if not lead.startswith("/leave/?to=http")] == []


def test_links_stand_only_where_they_are_asked_for() -> None:
    assert [text for text in TEXTS if Shown(render.untrusted(text)).leads] == []


def test_every_hidden_character_is_a_chip_and_every_other_one_is_there() -> None:
    for text in TEXTS:
        shown = Shown(render.linked(text))
        assert shown.chips == hidden.count(text), ascii(text)
        assert [char for char in shown.text if char != " "] == [char for char in text if char != " "], ascii(text)


def test_every_invisible_string_hides_something() -> None:
    assert [ascii(text) for family, text in CORPUS if family == "invisible" and not hidden.count(text)] == []


def test_every_terminal_string_shows_its_escape() -> None:
    assert [ascii(text) for family, text in CORPUS if family == "terminals" and not hidden.count(text)] == []


def test_where_no_chip_can_stand_no_hidden_character_does_either() -> None:
    assert [ascii(text) for text in TEXTS if any(hidden.is_hidden(char) for char in render.plain(text))] == []


def test_every_lookalike_of_a_host_is_marked() -> None:
    hosts = [text for family, text in CORPUS if family == "twins" and text.startswith("https://")]
    assert hosts
    assert [text for text in hosts if 'class="chip bad"' not in render.untrusted(text)] == []


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("a" + "\ufe0f\U000e0101" * 3, 6),
        ("a\ufe0f\ufe0f", 2),
        ("\u2600\ufe0f\ufe0f", 1),
        ("\u2764\ufe0f\u200d\U0001f525 and \u2600\ufe0f", 0),
    ],
)
def test_variations_that_carry_bytes_are_counted_and_those_of_emoji_are_not(text: str, times: int) -> None:
    assert hidden.count(text) == times
