"""How templates call effects, severities and categories of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import template
from django.utils.translation import gettext_lazy as _

from reviewqueue.engine.effects import Effect
from reviewqueue.engine.lints import Severity
from reviewqueue.engine.saying import title
from reviewqueue.queries import reader

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

register = template.Library()
_EFFECTS: Final[dict[Effect, _StrPromise]] = {
    Effect.STRICTER: _("stricter"),
    Effect.LOOSER: _("looser"),
    Effect.UNCLEAR: _("may be looser"),
    Effect.EQUAL: _("no effect"),
}
_ORIGINS: Final[dict[str, _StrPromise]] = {
    "version": _("version %(name)s"),
    "a file": _("a file"),
    "starting policy": _("the starting policy %(name)s"),
}
_SEVERITIES: Final[dict[Severity, _StrPromise]] = {
    Severity.SERIOUS: _("serious"),
    Severity.WARNING: _("warning"),
    Severity.HINT: _("hint"),
}
_CATEGORIES: Final[dict[str, _StrPromise]] = {
    "confidence": _("Confidence"),
    "financial": _("Money"),
    "legal": _("Law"),
    "erasure": _("Erasure of data"),
    "emotion": _("Mood and distress"),
    "stall": _("No progress"),
    "human_request": _("Asks for a human"),
    "security": _("Security"),
    "scope": _("Out of scope"),
    "topic": _("Subjects"),
    "context": _("Missing context"),
    "frequency": _("Frequency"),
    "policy": _("Exceptions from the rules"),
    "segment": _("Important customers"),
    "change": _("What cannot be taken back"),
    "complexity": _("Complicated requests"),
    "general": _("Others"),
}


@register.filter
def said(value: Any) -> str:
    """A sentence of the engine in the reader's language."""
    return reader.said(value)


@register.filter
def origin(value: str) -> str:
    """Where a draft came from; what ``domain/policy_drafts.py`` wrote, in the reader's language."""
    for begins, says in _ORIGINS.items():
        if value == begins or value.startswith(f"{begins} "):
            return str(says) % {"name": value.removeprefix(begins).strip()} if "%" in str(says) else str(says)
    return value


@register.filter
def effect(value: Any) -> str:
    """What a change does to scrutiny, in a word."""
    return str(_EFFECTS.get(value, value))


@register.filter
def severity(value: Any) -> str:
    """How much a finding matters, in a word."""
    return str(_SEVERITIES.get(value, value))


@register.filter
def category(value: str) -> str:
    """A category of triggers as a heading; one that an admin made up as it is written."""
    return str(_CATEGORIES.get(value) or title(value))
