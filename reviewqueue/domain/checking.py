"""The automatic checks look at what was drawn, and leave their marks beside those of people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue.domain import policies
from reviewqueue.engine import checklist, triggers
from reviewqueue.engine.evidence import Ground
from reviewqueue.models import Sampled, Score
from reviewqueue.queries import briefing, frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reviewqueue.engine.policy import Policy
    from reviewqueue.models import Case

_AT_ONCE: Final = 50
_HELD: Final = frozenset({"in_the_loop", "human_only"})


def check_waiting(*, at: datetime) -> int:
    """Look at the oldest cases of samples that are over and that no check has seen; says how many."""
    waiting = Sampled.objects.filter(frame.finished("case__"), checked_at=None).order_by("drawn_at")
    found = list(waiting.select_related("case", "case__agent")[:_AT_ONCE])
    policy = policies.current(at=at)[1] if found else None
    return sum(check(each, policy=policy, at=at) for each in found if policy)


@transaction.atomic
def check(sampled: Sampled, *, policy: Policy, at: datetime) -> bool:
    """Leave the marks of every check; once. Returns whether it was this call that did."""
    made = checklist.marks(_finished(sampled.case, policy))
    if not Sampled.objects.filter(pk=sampled.pk, checked_at=None).update(checked_at=at):
        return False
    Score.objects.bulk_create(
        Score(
            sampled=sampled,
            case_id=sampled.case_id,
            source=Score.Source.CHECK,
            name=mark.name,
            value=mark.value,
            says=mark.says,
            version=checklist.VERSION,
            at=at,
        )
        for mark in made
    )
    body = {"marks": {mark.name: mark.value for mark in made}, "version": checklist.VERSION}
    ledger.append(subject=sampled.subject, kind="qa.checked", actor=SYSTEM, at=at, body=body)
    return True


def _finished(case: Case, policy: Policy) -> checklist.Finished:
    said = briefing.conversation(case)
    row = frame.row_of(case)
    verdict = triggers.evaluate(policy, case.facts)
    return checklist.Finished(
        actions=_final(case),
        grounds=[*_record(case), *_said(said), *_sources(case)],
        language=case.language or case.conversation.language,
        unseen=row.unseen,
        held_by=sorted({reason.trigger for reason in verdict.reasons}) or ["–"] if verdict.mode in _HELD else [],
        outcomes=list(case.grants.values_list("outcome", flat=True)),
    )


def _final(case: Case) -> list[dict[str, Any]]:
    """What ran: the final action where one was decided, in the order of the proposal."""
    standing = case.decisions.filter(undone_at=None).exclude(final_action="")
    final = {call_id: json.loads(text) for call_id, text in standing.values_list("call_id", "final_action")}
    return [{**action, **final[action["call_id"]]} for action in case.actions if action["call_id"] in final]


def _record(case: Case) -> Iterator[Ground]:
    for key, value in (case.document.get("customer") or {}).items():
        if value:
            yield Ground(key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _said(messages: list[dict[str, Any]]) -> Iterator[Ground]:
    for message in messages:
        yield Ground(message["role"], message["text"], own=message["role"] == "agent")


def _sources(case: Case) -> Iterator[Ground]:
    for source in case.document.get("sources") or []:
        yield Ground(source.get("title") or "", f"{source.get('title') or ''}\n{source.get('text') or ''}")
