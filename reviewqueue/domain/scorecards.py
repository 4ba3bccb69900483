"""Scorecards: what is asked of whoever judges. A published one never changes; a change is the next version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue.models import Reason, Scorecard
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from audit.actions import Actor

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST: Final = 20
LONGEST_TITLE: Final = 120
_RESERVED: Final = frozenset({"verdict"})


# What is asked until somebody asks something else; an error code is called as reviewers call it in a decision.
ITEMS: Final = (
    (
        "facts",
        gettext_noop("Are facts and amounts right?"),
        gettext_noop("Against the record, what was said, and the sources."),
    ),
    (
        "policy",
        gettext_noop("Does it follow the rules?"),
        gettext_noop("What was promised and done is what the company allows."),
    ),
    (
        "resolution",
        gettext_noop("Does it solve what was asked?"),
        gettext_noop("The customer need not come back for the same."),
    ),
    ("tone", gettext_noop("Is it said well?"), gettext_noop("Clear, polite, in the customer's language.")),
    (
        "handling",
        gettext_noop("Was it in the right hands?"),
        gettext_noop("Released, escalated or decided by whom it should be."),
    ),
)


def begin(*, at: datetime) -> None:
    """There is a scorecard from the first sample on."""
    if current() is None:
        items = [{"key": key, "title": title, "help": told} for key, title, told in ITEMS]
        codes = [{"code": reason.value, "title": _plain(reason)} for reason in Reason]
        publish(title=gettext_noop("Scorecard"), items=items, codes=codes, actor=SYSTEM, at=at)


def _plain(reason: Reason) -> str:
    with override("en"):
        return str(reason.label)


def current() -> Scorecard | None:
    """The newest one."""
    return Scorecard.objects.order_by("-version").first()


@transaction.atomic
def publish(
    *,
    title: str,
    items: Sequence[Mapping[str, Any]],
    codes: Sequence[Mapping[str, Any]],
    actor: Actor,
    at: datetime,
    author: int | None = None,
) -> Scorecard:
    """The next version, for every verdict from now on. Refused (``invalid-request``) with what does not fit."""
    wrong = faults(items, codes)
    if not title.strip() or wrong:
        raise Refusal("invalid-request", wrong[0] if wrong else _("Give the scorecard a title."))
    made: Scorecard = Scorecard.objects.create(
        title=title.strip()[:100],
        items=[{"key": one["key"], "title": one["title"], "help": one.get("help", "")} for one in items],
        codes=[{"code": one["code"], "title": one["title"]} for one in codes],
        published_by_id=author,
        published_at=at,
    )
    body = {"version": made.version, "title": made.title, "items": made.items, "codes": made.codes}
    ledger.append(subject=f"scorecard:{made.version}", kind="scorecard.published", actor=actor, at=at, body=body)
    return made


def faults(items: Sequence[Mapping[str, Any]], codes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What does not fit in the questions and codes, as sentences."""
    return [*_unfit(items, "key", _RESERVED), *_unfit(codes, "code", frozenset())]


def _unfit(rows: Sequence[Mapping[str, Any]], name: str, reserved: frozenset[str]) -> list[str]:
    if len(rows) > _MOST:
        return [_("A scorecard has at most %s of each.") % _MOST]
    keys = [str(row.get(name, "")) for row in rows]
    wrong = [key for key in keys if not _KEY.fullmatch(key) or key in reserved]
    titles = [str(row.get("title", "")).strip() for row in rows]
    if wrong:
        return [_("“%s” is no key: small letters, digits and _, beginning with a letter.") % wrong[0][:60]]
    if len(set(keys)) < len(keys):
        return [_("Each key stands once.")]
    if not all(0 < len(title) <= LONGEST_TITLE for title in titles):
        return [_("Each has a title of at most %s characters.") % LONGEST_TITLE]
    return []
