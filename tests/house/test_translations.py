"""English is what the code says; German is complete, or a test fails here and names the place."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils import translation

from tests import messages
from tests.house import tree

# Values, braces of format(), and the markup around them.
HOLDERS = re.compile(r"%(?:\(\w+\))?\d*[sd]|%%|\{[^{}]*\}|<[^<>]+>")
# For the people who write agents: the wire is described in English.
IN_ENGLISH = ("templates/api/",)
# The name of the desk, also as its mark.
NAMES = frozenset({"hitl", "hi", "tl"})
# Comments, what translates itself, and blocks that stand inside of a tag of HTML.
UNREAD = re.compile(r"(?:comment|blocktrans(?:late)?)\b.*|block (?:body_class|live)", re.DOTALL)
MARKUP = re.compile(r"<(?P<tag>script|style|kbd|code)\b.*?</(?P=tag)>|<[^>]*>|&#?\w+;", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:alt|aria-label|aria-description|placeholder|title)="([^"]*)\"""")
WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def german() -> polib.POFile:
    return polib.pofile(str(messages.CATALOGUE))


def said(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Each form in English with its German."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


def untagged(source: str) -> Iterator[str]:
    """What a template says outside of the tags that translate."""
    inside = False
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if UNREAD.fullmatch(token.contents if name else ""):
            inside = True
        elif re.fullmatch(r"end(?:comment|blocktrans(?:late)?|block)", name):
            inside = False
        elif token.token_type == TokenType.TEXT and not inside:
            yield token.contents
        else:
            yield "{}"


def bare_words(source: str) -> set[str]:
    text = "".join(untagged(source))
    spoken = " ".join([*SPOKEN.findall(text), MARKUP.sub(" ", text)])
    return set(WORD.findall(spoken)) - NAMES


def templates() -> list[Path]:
    return [path for path in tree.files(".html") if not tree.name(path).startswith(IN_ENGLISH)]


def test_every_sentence_of_the_code_has_its_place_in_the_catalogue(german: polib.POFile) -> None:
    known, written = messages.known(german), messages.everywhere()
    missing = {message.text: places for message, places in written.items() if message not in known}
    assert (missing, sorted(message.text for message in known if message not in written)) == ({}, [])


def test_every_sentence_is_said_in_german(german: polib.POFile) -> None:
    empty = [english for entry in german for english, translated in said(entry) if not translated.strip()]
    assert (empty, [entry.msgid for entry in german if entry.fuzzy or entry.obsolete]) == ([], [])


def test_german_sentences_carry_the_same_values_and_markup(german: polib.POFile) -> None:
    pairs = [pair for entry in german for pair in said(entry)]
    apart = [pair for pair in pairs if Counter(HOLDERS.findall(pair[0])) != Counter(HOLDERS.findall(pair[1]))]
    assert apart == []


def test_german_sentences_end_as_the_english_ones_do(german: polib.POFile) -> None:
    """A button stays without a full stop, a sentence keeps it, and spaces at the edges are part of the page."""
    ends = re.compile(r"(?<!Tg)[.:?!…]*\s*$")
    pairs = [pair for entry in german for pair in said(entry)]
    assert [pair for pair in pairs if ends.findall(pair[0])[0] != ends.findall(pair[1])[0]] == []


def test_the_compiled_catalogue_says_what_the_written_one_says(german: polib.POFile) -> None:
    compiled = messages.compiled(messages.CATALOGUE).read_bytes()
    assert compiled == german.to_binary()


def test_the_desk_finds_its_german_words() -> None:
    with translation.override("de"):
        told = [
            translation.gettext("The desk"),
            translation.pgettext("event: remark", "%(event)s: %(remark)s"),
            translation.ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", 2),
        ]
    assert told == ["Das Prüfpult", "%(event)s: %(remark)s", "%(count)d Sitzungen sind beendet."]


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "heard"), [("de-AT,en;q=0.5", ("de", "Anmelden")), ("fr", ("en", "Sign in"))])
def test_the_page_speaks_the_language_of_the_browser(client: Client, asked: str, heard: tuple[str, str]) -> None:
    page = client.get("/sign-in/", headers={"Accept-Language": asked}).content.decode()
    language, button = re.search(r'<html lang="(\w+)"', page), re.search(r'<button class="go"[^>]*>([^<]+)<', page)
    assert (language and language[1], button and button[1]) == heard


def test_templates_say_nothing_that_cannot_be_translated() -> None:
    found = {tree.name(path): sorted(bare_words(tree.text(path))) for path in templates()}
    assert {name: words for name, words in found.items() if words} == {}


def test_sentences_are_found_in_code_and_in_templates() -> None:
    code = (
        "from django.utils.translation import gettext_lazy as _, npgettext\n"
        "_('One')\nnpgettext('cases', 'One of %d', 'Many of %d', 3)\n_(name)\nother('Not this')\n"
    )
    page = (
        "{% load i18n %}\n{% translate 'One' %} {{ _('Two')|upper }}{# no #}\n"
        "{% blocktranslate count n=n context 'cases' %}{{ n }} 'case'{% plural %}{{ n }} cases{% endblocktranslate %}\n"
    )
    message = messages.Message
    assert list(messages.in_python(code)) == [
        (message("One"), 2),
        (message("One of %d", "Many of %d", "cases"), 3),
    ]
    assert list(messages.in_template(page)) == [
        (message("One"), 2),
        (message("Two"), 2),
        (message("%(n)s 'case'", "%(n)s cases", "cases"), 3),
    ]


def test_renewing_the_catalogue_keeps_what_was_translated_and_drops_what_nobody_says() -> None:
    kept, new, gone = messages.Message("Kept %s"), messages.Message("New"), messages.Message("Gone")
    before = polib.POFile()
    before.extend([messages.entry(kept, ["a.py:1"]), messages.entry(gone, ["a.py:2"])])
    before[0].msgstr = "Behalten %s"
    after = messages.renewed(before, {new: ["b.html:7"], kept: ["a.py:3", "a.py:9"]})
    assert [(entry.msgid, entry.msgstr, entry.occurrences, entry.flags) for entry in after] == [
        ("Kept %s", "Behalten %s", [("a.py", "")], ["python-format"]),
        ("New", "", [("b.html", "")], []),
    ]
