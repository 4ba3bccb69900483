"""Inside the desk's own environment: fill it with so many cases, then load pages as a signed-in browser does."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the setup
from django.test import Client  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from benchmarks import copying, looks, proposals  # noqa: E402 - after the setup
from hitl.accounts.models import User  # noqa: E402 - after the setup
from reviewqueue.domain import intake, policies  # noqa: E402 - after the setup
from reviewqueue.engine import canonical  # noqa: E402 - after the setup
from reviewqueue.models import Agent, Case, Conversation, Decision, Event, Membership, Queue, Snooze  # noqa: E402 - the same
from reviewqueue.queries import clock  # noqa: E402 - after the setup

POSTGRES = connection.vendor == "postgresql"
LANES = ("security", "billing", "vip", "angry", "routine")
OWN = LANES[1:4]
# A case is due in the second of its number, spread over an hour that began a while ago; every 20th is late.
_SPREAD = 3600
_AT_ONCE = 50_000


def fill(open_cases: int, stored: int) -> None:
    """Two cases through the front door, then copies of their rows: open ones of 6 kB, stored ones of 1 kB."""
    at = clock.now()
    for place, name in enumerate(LANES):
        Queue.objects.get_or_create(name=name, defaults={"position": place})
    reviewer = User.objects.create(username="lanes", role="reviewer", skills=["billing", "legal"])
    Membership.objects.bulk_create(Membership(user=reviewer, queue_id=name) for name in OWN)
    User.objects.create(username="all", role="reviewer", all_queues=True)
    agent = Agent.objects.create(name="bench")
    plain = {"format": 1, "name": "Plain", "currency": "EUR", "oversight": [{"match": {}, "mode": "in_the_loop"}]}
    policies.publish({**plain, "triggers": []}, author=None, actor=SYSTEM, reason="benchmark", at=at)
    whole = proposed(proposals.document(expires_in=2_000_000), agent)
    short = {name: whole.document[name] for name in ("intent", "customer", "actions")}
    small = proposed(short | {"dedupe_key": "small", "conversation": {"id": "small"}, "expires_in": 2_000_000}, agent)
    _copy(small, range(1, stored + 1), _STORED)
    _copy(whole, range(stored + 1, stored + open_cases + 1), _OPEN)
    _decide(reviewer.pk, stored)
    _hold(reviewer)
    settle()


def settle() -> None:
    """The database looks at what it holds, as it does by itself in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if POSTGRES else "ANALYZE")


def measure(loads: int) -> dict[str, list[float]]:
    """Milliseconds of each load of each page."""
    pages, clients = looks.pages(loads), {name: _signed_in(name) for name in ("lanes", "all")}
    taken: dict[str, list[float]] = {name: [] for name in pages}
    for n in range(-looks.WARM_UP, loads):
        for name, page in pages.items():
            who, address = page(n)
            seconds = _load(clients[who], address)
            if n >= 0:
                taken[name].append(seconds * 1000)
    return taken


def _load(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return seconds


def _signed_in(name: str) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=name))
    return client


def proposed(document: dict[str, Any], agent: Agent) -> Case:
    sent = intake.Proposal(document=document, raw=json.dumps(document), digest=canonical.digest(document))
    case, _new = intake.propose(sent, agent=agent, at=clock.now())
    return case


_DUE = f"((n % {_SPREAD}) * 7919 % {_SPREAD}) - {_SPREAD // 20}"
# Of so many cases one differs in what a filter asks for.
_SELDOM = 50_000
_ENDS = ("decided", "decided", "decided", "released", "released", "expired", "withdrawn", "superseded", "closed")
_BOTH = {
    "id": f"'case_0' || {copying.number(25)}",
    "dedupe_key": "'number' || n",
    "conversation_id": "n + 1000",
    "queue_id": copying.one_of(*LANES),
    "customer_name": "'Customer number' || n",
    "intent": f"CASE n % {_SELDOM} WHEN 1 THEN 'erasure' ELSE {copying.one_of('refund', 'exchange', 'address')} END",
    "language": f"CASE n % {_SELDOM} WHEN 2 THEN 'fi' ELSE 'en' END",
    "risk": f"CASE n % {_SELDOM} WHEN 3 THEN 'critical' ELSE 'medium' END",
    "worth": f"CASE n % {_SELDOM} WHEN 4 THEN 90000 ELSE 350 END",
    "priority": f"CASE n % {_SELDOM} WHEN 5 THEN 3 ELSE n % 3 END",
    "search_terms": f"'0' || {copying.number(25)} || ' customer number' || n || ' order a 1 came two weeks late'",
}
_OPEN = _BOTH | {
    "state": f"CASE n % {_SELDOM} WHEN 6 THEN 'second_look' ELSE CASE n % 4 WHEN 3 THEN 'asked' ELSE 'queued' END END",
    "created_at": copying.moment(f"{_DUE} - {_SPREAD}"),
    "due_at": copying.moment(_DUE),
    "rank_at": copying.moment(f"{_DUE} - (n % 3) * 600"),
}
_STORED = _BOTH | {
    "state": f"CASE n % {_SELDOM} WHEN 6 THEN 'watched' ELSE {copying.one_of(*_ENDS)} END",
    "outcome": "'decided'",
    "waiting_on": "''",
    "created_at": copying.moment("-n"),
    "due_at": copying.moment("-n"),
    "rank_at": "NULL",
    "took_effect_at": copying.moment("-n"),
}


def _copy(like: Case, numbers: range, changes: dict[str, str]) -> None:
    """In parts: a single transaction of a million rows would lie in memory as a whole."""
    for start in range(0, len(numbers), _AT_ONCE):
        _copy_part(like, numbers[start : start + _AT_ONCE], changes)


def _copy_part(like: Case, numbers: range, changes: dict[str, str]) -> None:
    talk = {"id": "n + 1000", "external_id": "'talk' || n", "customer_ref": "'customer' || n"}
    copying.insert(Conversation, ("id", like.conversation_id), numbers, talk)
    copying.insert(Case, ("id", like.pk), numbers, changes)
    event = {"id": "n + 1000", "case_id": _BOTH["id"]} | ({"xid": "1"} if POSTGRES else {})
    copying.insert(Event, ("case_id", like.pk), numbers, event)


def _decide(person: int, stored: int) -> None:
    """A tenth of the stored cases were decided by a person, the latest of them a few seconds ago."""
    columns = ["id", "case_id", "call_id", "type", "final_action", "digest", "message", "reason_code", "response"]
    columns += ["knowledge_gap", "note", "decided_by_id", "decided_at", "effective_at", "took_effect_at"]
    columns += ["case_version", "seen_digest", "timings"]
    values = [f"'dec_0' || {copying.number(25)}", _BOTH["id"], "'call_1'", "'approve'", *["''"] * 7, str(person)]
    values += [copying.moment("-n")] * 3 + ["1", "''", "'{}'"]
    source = copying.numbered(range(1, max(stored, 1) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Decision._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)}"  # noqa: S608, SLF001 - names of ours
            f" FROM {source} WHERE n % 10 = 0"
        )


def _hold(person: User) -> None:
    """Somebody holds three cases and has put three others aside."""
    held = Case.objects.filter(rank_at__isnull=False, queue_id__in=OWN, state="queued").order_by("-id")[:6]
    until = clock.now() + timedelta(days=20)
    for case in held[:3]:
        Case.objects.filter(pk=case.pk).update(state="claimed", claimed_by=person, claim_expires_at=until)
    Snooze.objects.bulk_create(Snooze(case=case, user=person, until_at=until) for case in held[3:])


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    if what == "fill":
        began, size = clock.now(), [int(number) for number in numbers]
        fill(*size)
        print((clock.now() - began) / timedelta(seconds=1))
    else:
        print(json.dumps(measure(int(numbers[0]))))
