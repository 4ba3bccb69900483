"""Inside the desk's own environment: fill the queue, then claim by the verb or by the leanest statement there is."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from hitl.accounts.models import User  # noqa: E402 - after the setup
from reviewqueue.domain import claims, intake, policies  # noqa: E402 - after the setup
from reviewqueue.engine import canonical  # noqa: E402 - after the setup
from reviewqueue.models import Agent, Case  # noqa: E402 - after the setup
from reviewqueue.queries import clock  # noqa: E402 - after the setup

if TYPE_CHECKING:
    from collections.abc import Callable

_BARE = """
WITH best AS (SELECT id FROM reviewqueue_case WHERE state IN ('queued', 'second_look')
    AND rank_at IS NOT NULL ORDER BY rank_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE reviewqueue_case SET state = 'claimed', claimed_by_id = %s, claim_expires_at = now() + interval '5 minutes'
FROM best WHERE reviewqueue_case.id = best.id RETURNING best.id
"""


def fill(queued: int, workers: int) -> None:
    """One case through the front door, then copies of its row: the queue, not the intake, is measured here."""
    from benchmarks import copying, proposals  # noqa: PLC0415 - only here

    at = clock.now()
    for number in range(workers):
        User.objects.create(username=f"worker{number}", role="reviewer", all_queues=True, skills=["billing", "legal"])
    # What one person can hold is no part of what is measured here.
    User.objects.update(capacity=30_000)
    agent = Agent.objects.create(name="bench")
    plain = {"format": 1, "name": "Plain", "currency": "EUR", "oversight": [{"match": {}, "mode": "in_the_loop"}]}
    policies.publish({**plain, "triggers": []}, author=None, actor=SYSTEM, reason="benchmark", at=at)
    document = proposals.document(expires_in=2_000_000)
    sent = intake.Proposal(document=document, raw=json.dumps(document), digest=canonical.digest(document))
    case, _new = intake.propose(sent, agent=agent, at=at)
    changes = {"id": f"'case_0' || {copying.number(25)}", "dedupe_key": "'copy-' || n", "ledger_seq": "0"}
    copying.insert(Case, ("id", case.pk), range(1, queued), changes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reviewqueue_case" if copying.postgresql() else "ANALYZE")


def claim(workers: int, each: int, how: Callable[[User], str | None]) -> float:
    """Claims a second; every claimed case must be another one."""
    people = list(User.objects.order_by("pk")[:workers])
    taken: list[str | None] = []
    start = threading.Barrier(workers + 1)

    def work(person: User) -> None:
        how(person)  # a warm connection
        start.wait()
        taken.extend([how(person) for _each in range(each)])
        connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    assert len(set(taken)) == workers * each, "a case was claimed twice, or none was left"
    return len(taken) / seconds


def by_verb(person: User) -> str | None:
    """The product's own way."""
    case = claims.claim_next(reviewer=person, at=clock.now())
    return case.pk if case else None


def bare(person: User) -> str | None:
    """The leanest way: one statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BARE, [person.pk])
        row = cursor.fetchone()
    return row[0] if row else None


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    if what == "fill":
        fill(*map(int, numbers))
    else:
        workers, each = map(int, numbers)
        print(claim(workers, each, by_verb if what == "verb" else bare))
