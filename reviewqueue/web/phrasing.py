"""An admin's sentence, filled with one action: what is foreign in it stays framed and inert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from reviewqueue.engine import phrases
from reviewqueue.web.render import untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.models import Wording


def headline(wording: Wording | None, data: Mapping[str, Any]) -> SafeString:
    """What the action does; empty where no sentence fits it, then it reads as any unknown one."""
    return SafeString("") if wording is None else _told(wording.english, wording.german, data)


def effect(wording: Wording | None, data: Mapping[str, Any]) -> SafeString:
    """What follows from it; empty where nobody said."""
    return SafeString("") if wording is None else _told(wording.english_effect, wording.german_effect, data)


def filled(text: str, data: Mapping[str, Any], truth: phrases.Truth = phrases.ENGLISH) -> SafeString:
    """One sentence; empty when it is unreadable or has a placeholder without a value."""
    try:
        pieces = phrases.render(phrases.parse(text), data, truth=truth)
    except phrases.PhraseError:
        return SafeString("")
    shown = ((format_html("<b>{}</b>", untrusted(text)) if foreign else text,) for text, foreign in pieces or ())
    return format_html_join("", "{}", shown)


def _told(english: str, german: str, data: Mapping[str, Any]) -> SafeString:
    """In the reader's language, as far as somebody wrote it."""
    if german and (get_language() or "").startswith("de"):
        return filled(german, data, phrases.GERMAN)
    return filled(english, data)
