"""Sentences of the engine in the reader's language and with their separators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import get_language, gettext, pgettext

from reviewqueue.engine.saying import ENGLISH, Told, title
from reviewqueue.queries.numbers import sums
from reviewqueue.queries.reason_words import LABELS, RULES, WITHIN

if TYPE_CHECKING:
    from reviewqueue.engine.saying import Tongue


class Reader:
    """The language that is active."""

    def template(self, text: str, context: str) -> str:
        """From the catalogue."""
        return pgettext(context, text) if context else gettext(text)

    def number(self, text: str) -> str:
        """``200,00 EUR``."""
        return sums(text)

    def rule(self, name: str) -> str:
        """Those of the starting policy have names in every language; a policy of one's own has its authors'."""
        known = str(RULES[name]) if name in RULES else ""
        return known[:1].upper() + known[1:] if known else title(name)

    def label(self, label: str) -> str:
        """A fact alone."""
        return str(LABELS.get(label, label))

    def the(self, label: str) -> str:
        """A fact within a sentence."""
        return str(WITHIN[label]) if label in WITHIN else gettext("“%(words)s”") % {"words": label}


_READER: Final = Reader()


def said(what: Told | str) -> str:
    """A sentence in the language that is active; plain text stays as it is."""
    return what.told(_tongue()) if isinstance(what, Told) else str(what)


def _tongue() -> Tongue:
    return ENGLISH if (get_language() or "en").startswith("en") else _READER
