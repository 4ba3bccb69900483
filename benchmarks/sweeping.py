"""Inside the desk's own environment: make cases for which something is due, and time until sweepers have done it."""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.db import connection  # noqa: E402 - after the setup
from django.db.models import OuterRef, Subquery  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from audit.models import Entry  # noqa: E402 - after the setup
from benchmarks import claiming  # noqa: E402 - after the setup
from hitl.accounts.models import User  # noqa: E402 - after the setup
from reviewqueue.domain import configuring, due  # noqa: E402 - after the setup
from reviewqueue.models import (  # noqa: E402 - after the setup
    Case,
    Clock,
    Conversation,
    Decision,
    Grant,
    Mark,
    OnExpiry,
    Queue,
    ServiceLevel,
    Snooze,
)
from reviewqueue.queries import clock  # noqa: E402 - after the setup

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

# What is due, and the entry of the ledger that each case has once when it is done.
KINDS: Final = {
    "tell": "case.escalated",
    "raise": "case.prioritised",
    "offer": "case.offered",
    "move": "case.rerouted",
    "overflow": "case.rerouted",
    "call": "case.fallback",
    "chat": "case.prioritised",
    "answer": "case.fallback",
    "no more": "case.declined",
    "expire": "case.expired",
    "decline": "case.declined",
    "hand over": "case.taken_over",
    "lease": "case.handed_back",
    "snooze": "case.woken",
    "silent": "grant.outcome",
    "release": "case.released",
}
# What a service level says about a case whose time is over.
_OUTCOMES: Final = {"expire": OnExpiry.EXPIRE, "decline": OnExpiry.DECLINE, "hand over": OnExpiry.HAND_OVER}
_FALLBACKS: Final = {"call": "callback", "chat": "chat", "answer": "answer", "no more": "decline"}


def fill(kind: str, number: int) -> None:
    """Copies of one case, for each of which the same is due."""
    claiming.fill(number + 1, 1)
    copies, moment = Case.objects.filter(dedupe_key__startswith="copy-"), clock.now()
    if kind in _OUTCOMES:
        _promise(copies, _OUTCOMES[kind], [], moment)
        if kind == "hand over":
            _separate(copies)
        copies.update(expires_at=moment)
    elif kind in _OTHERS:
        _OTHERS[kind](copies, moment)
    else:
        Queue.objects.get_or_create(name="second")
        Queue.objects.exclude(name="second").update(overflow_to="second")
        _promise(copies, OnExpiry.EXPIRE, [{"at": moment.isoformat(), **_mark(kind)}], moment)


def _promise(copies: QuerySet[Case], outcome: str, marks: list[dict[str, Any]], moment: datetime) -> None:
    """A clock of its own for each, with these levels left."""
    heir = User.objects.create(username="heir", role="supervisor", all_queues=True)
    level = ServiceLevel(name="bench", decide_within=timedelta(hours=1), on_expiry=outcome, hand_over_to=heir)
    configuring.save_plan(level, actor=SYSTEM, at=moment)
    mark = Mark(service=level, of="decide", share=80, tell_role="supervisor")
    configuring.save_marks(level, kept=[mark], gone=(), actor=SYSTEM, at=moment)
    plan = {"targets": {"decide": (moment + timedelta(hours=1)).isoformat()}, "marks": marks}
    next_at = moment if marks else None
    clocks = [Clock(case_id=key, service=level, plan=plan, next_at=next_at) for key in _keys(copies)]
    Clock.objects.bulk_create(clocks, batch_size=2000)


def _mark(kind: str) -> dict[str, Any]:
    if kind == "overflow":
        return {"of": "overflow"}
    if then := _FALLBACKS.get(kind):
        more = {"tell_role": "supervisor", "raise_to": 3, "move_to": "second"} if then == "chat" else {}
        return {"of": "wait", "share": 100, "then": then, **more}
    does: dict[str, dict[str, Any]] = {
        "tell": {"tell_role": "supervisor"},
        "raise": {"raise_to": 3},
        "offer": {"offer_to": User.objects.values_list("pk", flat=True)[0]},
        "move": {"move_to": "second"},
    }
    return {"of": "decide", "share": 80, **does[kind]}


def _separate(copies: QuerySet[Case]) -> None:
    """A conversation of its own for each: one that a person has taken over is not handed to a second one."""
    keys, first = _keys(copies), Conversation.objects.get()
    talks = [Conversation(agent=first.agent, external_id=key, created_at=first.created_at) for key in keys]
    Conversation.objects.bulk_create(talks, batch_size=2000)
    own = Conversation.objects.filter(external_id=OuterRef("pk")).values("pk")[:1]
    copies.update(conversation_id=Subquery(own))


def _lease(copies: QuerySet[Case], moment: datetime) -> None:
    copies.update(
        state="claimed",
        claimed_by_id=User.objects.values_list("pk", flat=True)[0],
        claim_expires_at=moment,
        claim_fence=1,
    )


def _snooze(copies: QuerySet[Case], moment: datetime) -> None:
    person = User.objects.values_list("pk", flat=True)[0]
    Snooze.objects.bulk_create([Snooze(case_id=key, user_id=person, until_at=moment) for key in _keys(copies)])


def _silent(copies: QuerySet[Case], moment: datetime) -> None:
    spent_at, digest = moment - timedelta(seconds=settings.OUTCOME_SECONDS + 1), "sha256:" + "0" * 64
    times: dict[str, Any] = {"decided_at": spent_at, "effective_at": spent_at, "took_effect_at": spent_at}
    made = [Decision(case_id=key, call_id="call_1", type="approve", case_version=1, **times) for key in _keys(copies)]
    Decision.objects.bulk_create(made, batch_size=2000)
    spent = {"digest": digest, "issued_at": spent_at, "expires_at": moment, "redeemed_at": spent_at}
    Grant.objects.bulk_create([Grant(decision=one, case_id=one.case_id, **spent) for one in made], batch_size=2000)


def _release(copies: QuerySet[Case], moment: datetime) -> None:
    copies.update(state="watched", oversight="on_the_loop", release_at=moment, rank_at=None)


_OTHERS: Final[dict[str, Callable[[QuerySet[Case], datetime], None]]] = {
    "lease": _lease,
    "snooze": _snooze,
    "silent": _silent,
    "release": _release,
}


def _keys(copies: QuerySet[Case]) -> list[str]:
    return list(copies.values_list("pk", flat=True))


def sweep(sweepers: int) -> float:
    """Seconds until nothing is due any more."""
    at = clock.now()

    def work() -> None:
        while any(due.run(at=at).values()):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _each in range(sweepers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


if __name__ == "__main__":
    kind, number, sweepers = sys.argv[1], *map(int, sys.argv[2:])
    fill(kind, number)
    seconds = sweep(sweepers)
    told = Entry.objects.filter(kind=KINDS[kind]).values_list("subject", flat=True)
    assert len(told) == len(set(told)) == number, f"{len(told)} of {number} happened, of {len(set(told))} cases"
    print(seconds)
