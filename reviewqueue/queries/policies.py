"""Policies as people read them: sentences by group and category, what changed, what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reviewqueue.engine import policy as engine
from reviewqueue.engine import policy_file, telling
from reviewqueue.engine.differences import Difference, differences, loosens
from reviewqueue.engine.editing import GROUPS, rules
from reviewqueue.engine.lints import Lint, lints
from reviewqueue.engine.rulebook import DEFAULT_CATEGORY
from reviewqueue.engine.saying import RuleName, row, say
from reviewqueue.engine.saying import Told as Says
from reviewqueue.models import PolicyVersion
from reviewqueue.queries import surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reviewqueue.models import PolicyDraft


@dataclass(frozen=True, slots=True)
class Told:
    """One rule: where it stands, its name, its sentences, and whether it is switched on."""

    index: int
    name: Says | str
    sentences: tuple[Says, ...]
    on: bool
    faults: tuple[Says, ...] = ()
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """A whole policy for people. ``changes`` and ``lints`` are empty while there are faults."""

    groups: dict[str, list[Told]]
    categories: dict[str, list[Told]]
    faults: tuple[engine.Fault, ...] = ()
    changes: list[Difference] = field(default_factory=list)
    lints: list[Lint] = field(default_factory=list)

    @property
    def loosens(self) -> bool:
        """Could it let pass what was held?"""
        return loosens(self.changes)


def told(document: Mapping[str, Any], faults: tuple[engine.Fault, ...] = ()) -> PolicyTold:
    """The rules as sentences; also those of a document with faults, as far as they can be told."""
    groups = {group: list(_rules(document, group, faults)) for group in GROUPS}
    categories: dict[str, list[Told]] = {}
    for one, rule in zip(groups["triggers"], rules(document, "triggers"), strict=True):
        category = rule.get("category") if isinstance(rule, dict) else None
        categories.setdefault(str(category or DEFAULT_CATEGORY), []).append(one)
    return PolicyTold(groups, categories, faults)


def draft_told(draft: PolicyDraft, *, at: datetime) -> PolicyTold:
    """A draft, with its faults, or else with what it changes and what looks wrong."""
    faults = tuple(engine.faults_of(draft.document))
    found = told(draft.document, faults)
    if faults:
        return found
    document = engine.parse(draft.document).document
    newest = PolicyVersion.objects.first()
    before = engine.parse(newest.document).document if newest else document
    seen = lints(document, surroundings.of_the_desk(at=at))
    return PolicyTold(found.groups, found.categories, (), differences(before, document), seen)


def in_force() -> int | None:
    """The number of the newest version."""
    number: int | None = PolicyVersion.objects.values_list("number", flat=True).first()
    return number


def version_told(version: PolicyVersion, *, against: PolicyVersion | None) -> PolicyTold:
    """A published version, with what it changed of another one."""
    document = engine.parse(version.document).document
    found = told(document)
    changes = differences(engine.parse(against.document).document, document) if against else []
    return PolicyTold(found.groups, found.categories, (), changes)


def in_force_lints(version: PolicyVersion, *, at: datetime) -> list[Lint]:
    """What looks wrong in a version, on this desk, now."""
    return lints(engine.parse(version.document).document, surroundings.of_the_desk(at=at))


def sentences(group: str, rule: Any, currency: str) -> list[Says]:
    """One rule in sentences; one that cannot be told says so."""
    try:
        return list(policy_file.TOLD[group](rule, currency))
    except (AttributeError, KeyError, TypeError, ValueError):
        return [say("This rule cannot be told; see the text of the draft.")]


def as_text(document: Mapping[str, Any]) -> str:
    """A policy file with comments, or without where they cannot be made."""
    try:
        return policy_file.commented(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return policy_file.dump(document)


def _rules(document: Mapping[str, Any], group: str, faults: Iterable[engine.Fault]) -> Iterable[Told]:
    currency = str(document.get("currency", ""))
    for index, rule in enumerate(rules(document, group)):
        path = f"/{group}/{index}"
        wrong = [
            row(one.path, one.words, between=": ")
            for one in faults
            if one.path == path or one.path.startswith(f"{path}/")
        ]
        said = tuple(sentences(group, rule, currency))
        if not isinstance(rule, dict):
            yield Told(index, "", said, on=False, faults=tuple(wrong))
            continue
        name = RuleName(str(rule["name"])) if rule.get("name") else ", ".join(telling.words(rule.get("agent")))
        on = rule.get("enabled", True) is not False
        yield Told(index, name, said, on, tuple(wrong), str(rule.get("author", "")), str(rule.get("reason", "")))
