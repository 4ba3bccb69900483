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
    return SafeString("") if wording is None else filled(_spoken(wording.english, wording.german), data)


def effect(wording: Wording | None, data: Mapping[str, Any]) -> SafeString:
    """What follows from it; empty where nobody said."""
    return SafeString("") if wording is None else filled(_spoken(wording.english_effect, wording.german_effect), data)


def filled(text: str, data: Mapping[str, Any]) -> SafeString:
    """One sentence; empty when it is unreadable or has a placeholder without a value."""
    try:
        pieces = phrases.render(phrases.parse(text), data)
    except phrases.PhraseError:
        return SafeString("")
    shown = ((format_html("<b>{}</b>", untrusted(text)) if foreign else text,) for text, foreign in pieces or ())
    return format_html_join("", "{}", shown)


def _spoken(english: str, german: str) -> str:
    return german if german and (get_language() or "").startswith("de") else english
