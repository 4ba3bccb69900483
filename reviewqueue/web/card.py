"""One action on the case page: what it does as typed now, and what was ruled about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reviewqueue.engine import canonical, hidden
from reviewqueue.models import Ruling
from reviewqueue.web import differ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reviewqueue.models import Decision
    from reviewqueue.web.arguments import Field
    from reviewqueue.web.wording import Plain


@dataclass(frozen=True, slots=True)
class Change:
    """One argument that an edit changes."""

    label: str
    pieces: list[differ.Piece]


@dataclass(frozen=True, slots=True)
class Card:
    """One action: what it does as typed now, its fields, and what was ruled about it."""

    n: int
    action: Mapping[str, Any]
    fields: list[Field]
    args: dict[str, Any]
    plain: Plain
    proposed: Plain
    changes: list[Change]
    marked: str
    response: str
    decided: Decision | None
    first: Mapping[str, Any] | None
    faults: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """How the names of its form fields begin."""
        return f"a{self.n}"

    @property
    def edited(self) -> bool:
        """Do the arguments differ from those that the agent proposed?"""
        return not _same(self.args, self.action["args"])

    @property
    def text(self) -> str:
        """The canonical text that an approval would let run, as typed now."""
        try:
            return canonical.canonical({"name": self.action["name"], "args": self.args}).decode()
        except ValueError:
            return ""

    @property
    def can_edit(self) -> bool:
        """Does the agent take an edited action?"""
        return Ruling.EDIT in self.action["allowed_decisions"]

    @property
    def locked(self) -> bool:
        """Are its fields only to be read?"""
        return self.decided is not None or not self.can_edit

    @property
    def declined(self) -> bool:
        """Was it decided that this does not run?"""
        return self.decided is not None and self.decided.type in {Ruling.REJECT, Ruling.RESPOND}

    @property
    def can_respond(self) -> bool:
        """Does the agent take an answer in place of the action?"""
        return Ruling.RESPOND in self.action["allowed_decisions"]

    @property
    def text_shown(self) -> bool:
        """Is its canonical text open from the start? A reply without anything hidden reads better in its field."""
        return self.action["kind"] != "reply" or self.decided is not None or hidden.count(self.text) > 0

    @property
    def permitted(self) -> list[tuple[str, str]]:
        """The rulings that the agent accepts for this action; approving and editing are one button."""
        accepted = set(self.action["allowed_decisions"])
        names = {Ruling.APPROVE: _("approve"), Ruling.REJECT: _("reject"), Ruling.RESPOND: _("answer instead")}
        if Ruling.EDIT in accepted:
            accepted.add(Ruling.APPROVE)
        return [(str(kind), name) for kind, name in names.items() if kind in accepted]


def _same(one: Any, other: Any) -> bool:
    try:
        return canonical.canonical(one) == canonical.canonical(other)
    except ValueError:
        return False


def changes(before: Iterable[Field], now: Iterable[Field]) -> Iterator[Change]:
    """What was typed over, filled in or taken out, named by the way to it."""
    old, new = dict(_named(before)), dict(_named(now))
    for pointer, (label, _text) in (new | old).items():
        was, becomes = (known.get(pointer, ("", ""))[1] for known in (old, new))
        if was != becomes:
            yield Change(label, differ.compare(was, becomes))


def _named(fields: Iterable[Field], above: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    for each in fields:
        label = f"{above}, {each.label}" if above else each.label
        if each.kind in {"group", "rows"}:
            yield from _named(each.children, label)
        else:
            yield each.pointer, (label, each.shown)
