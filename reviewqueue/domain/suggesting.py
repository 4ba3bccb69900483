"""From what people correct to a rule: a draft of the policy with it, to be tried on what happened."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from reviewqueue.domain import policies, policy_drafts
from reviewqueue.engine import suggesting
from reviewqueue.queries import suggestions
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import PolicyDraft


_KEPT: Final = "suggested-rules"
_FOR: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Looked:
    """The rules that corrections suggest, on how many cases they rest, and when that was looked at."""

    rules: list[suggesting.Suggestion]
    cases: int
    at: datetime


def told(*, at: datetime) -> Looked:
    """Where few cases were decided as of now, else as of the last look, which is an hour old at most."""
    if suggestions.are_few(at=at):
        return Looked(*suggestions.of(at=at), at)
    known: Looked | None = cache.get(_KEPT)
    return known or _look(at)


def look_again(*, at: datetime) -> None:
    """Keep what somebody may want to see; harmless when there is nothing to keep."""
    if not suggestions.are_few(at=at):
        _look(at)


def _look(at: datetime) -> Looked:
    looked = Looked(*suggestions.of(at=at), at)
    cache.set(_KEPT, looked, _FOR.total_seconds())
    return looked


def begin_draft(key: str, *, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of the policy in force with one suggested rule more. Refused when it is no longer suggested."""
    chosen = next((each for each in told(at=at).rules if each.key == key), None)
    if chosen is None:
        raise Refusal("not-pending", _("This rule is no longer suggested: look again."))
    _number, policy = policies.current(at=at)
    document = copy.deepcopy(dict(policy.document))
    document["triggers"] = [*document.get("triggers", []), suggesting.as_trigger(chosen)]
    return policy_drafts.begin(document, origin="corrections of people", author=author, at=at)
