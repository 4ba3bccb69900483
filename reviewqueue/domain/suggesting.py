"""From what people correct to a rule: a draft of the policy with it, to be tried on what happened."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from reviewqueue.domain import policies, policy_drafts
from reviewqueue.engine import suggesting
from reviewqueue.queries import suggestions
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import PolicyDraft


def begin_draft(key: str, *, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of the policy in force with one suggested rule more. Refused when it is no longer suggested."""
    found, _cases = suggestions.of(at=at)
    chosen = next((each for each in found if each.key == key), None)
    if chosen is None:
        raise Refusal("not-pending", _("This rule is no longer suggested: look again."))
    _number, policy = policies.current(at=at)
    document = copy.deepcopy(dict(policy.document))
    document["triggers"] = [*document.get("triggers", []), suggesting.as_trigger(chosen)]
    return policy_drafts.begin(document, origin="corrections of people", author=author, at=at)
