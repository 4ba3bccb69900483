"""Ready-made lists of patterns in English and German, to choose from: those of the starting policy, by subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from reviewqueue.engine.starting import starting_policy

# Of each trigger of the starting policy: how many of its patterns, from the first, are English. What is in both
# languages (an article of the GDPR, a tag) stands with the English ones.
_ENGLISH: Final = {
    "instructions-in-the-text": 5,
    "security-words": 9,
    "legal-threat": 3,
    "formal-complaint": 4,
    "injury-or-danger": 1,
    "erasure": 6,
    "data-request": 4,
    "legal-subject": 1,
    "distress": 2,
    "threat-of-violence": 1,
    "frustration": 1,
    "our-serious-error": 3,
    "urgent": 1,
    "churn": 2,
    "medical": 1,
    "financial-advice": 1,
}
LANGUAGES: Final = ("en", "de")


@dataclass(frozen=True, slots=True)
class WordList:
    """Patterns of one subject in one language."""

    subject: str
    language: str
    patterns: tuple[str, ...]

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.subject}.{self.language}"


@lru_cache(maxsize=1)
def word_lists() -> tuple[WordList, ...]:
    """Every list, by subject and language."""
    rules = {rule["name"]: rule for rule in starting_policy()["triggers"]}
    found = []
    for subject, count in _ENGLISH.items():
        patterns = _patterns(rules[subject]["when"])
        parts = (patterns[:count], patterns[count:])
        found += [WordList(subject, language, part) for language, part in zip(LANGUAGES, parts, strict=True)]
    return tuple(found)


def _patterns(when: Any) -> tuple[str, ...]:
    parts = when.get("any", [when])
    return next(tuple(part["matches_any"]) for part in parts if part.get("fact") == "text.customer")
