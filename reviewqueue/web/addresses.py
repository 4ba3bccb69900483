"""Addresses in text of others: where they lead, and whether the host may be another than it seems."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.translation import gettext as _

from reviewqueue.engine import hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 2000
_ADDRESS: Final = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)(?P<authority>[^\s/?#\\<>\"']+)(?P<rest>[/?#\\][^\s<>\"']*)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*\.?|\[.*\]", re.IGNORECASE)
_PORT: Final = re.compile(r":\d*$")
# What ends a sentence rather than an address.
_ENDINGS: Final = ".,;:!?)]}*_"
# Letters of other scripts that are drawn like these of ours.
_TWINS: Final = dict(
    zip(
        "авеікмнорстухѕјԁԛԝһӏгпьαεικνορτυχωγη",
        "abeikmhopctyxsjdqwhlrnbaeikvoptuxwyn",
        strict=True,
    )
)
# Scripts that one language writes together.
_TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)


class Address(NamedTuple):
    """One address: where in the text it stands, its pieces, and why not to trust its host (empty: no reason)."""

    start: int
    end: int
    before: str
    host: str
    after: str
    doubt: str

    @property
    def url(self) -> str:
        """Where a browser would go; empty when it is no page of the web."""
        scheme = self.before.lower()
        if scheme.startswith(("http://", "https://")):
            return f"{self.before}{self.host}{self.after}"
        return f"https://{self.before}{self.host}{self.after}" if scheme.startswith("www.") else ""


def find(text: str) -> Iterator[Address]:
    """Every address of a text, in order."""
    for match in _ADDRESS.finditer(text):
        name, sign, host = match["authority"].rpartition("@")
        whole = f"{host}{match['rest'] or ''}"
        kept = whole.rstrip(_ENDINGS) if not host.startswith("[") or match["rest"] else whole
        host = kept[: len(host)]
        if host:
            doubt = _("the name before the @ is not the host") if sign else doubtful(host)
            before = f"{match['scheme']}{name}{sign}"
            yield Address(
                match.start(), match.start() + len(before) + len(kept), before, host, kept[len(host) :], doubt
            )


def read(text: str) -> Address | None:
    """The address that is all of this text and leads to a page of the web."""
    found = next(find(text), None)
    whole = found is not None and (found.start, found.end) == (0, len(text)) and len(text) <= LONGEST
    return found if found is not None and whole and found.url and not hidden.count(text) else None


def doubtful(host: str) -> str:
    """Why this host may be another than it seems; empty when nothing speaks for it."""
    name = _unfolded(_PORT.sub("", host).lower())
    if _NUMBER.fullmatch(name):
        return _("a number instead of a name")
    if name.isascii():
        return "" if "%" not in name else _("letters in disguise")
    if unicodedata.normalize("NFKC", name) != name:
        return _("letters in disguise")
    if any(_mixed(label) for label in name.split(".")):
        return _("letters of several scripts")
    twins = ".".join(_twin(label) for label in name.split("."))
    return _("looks like %(host)s but is not") % {"host": twins} if twins != name else ""


def _unfolded(host: str) -> str:
    """``xn--…`` as it would be shown."""
    return ".".join(_letters(label) for label in host.split("."))


def _letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _mixed(label: str) -> bool:
    scripts = {unicodedata.name(char, "UNKNOWN").split()[0] for char in label if char.isalpha()}
    return len(scripts) > 1 and not any(scripts <= written for written in _TOGETHER)


def _twin(label: str) -> str:
    letters = [char for char in label if char.isalpha()]
    if label.isascii() or not all(char in _TWINS for char in letters):
        return label
    return "".join(_TWINS.get(char, char) for char in label)
