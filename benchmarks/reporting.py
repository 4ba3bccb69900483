"""Inside the desk's own environment: half a year of cases that ended, then everything that looks back over them."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the setup
from django.test import Client  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from benchmarks import copying, paging, proposals  # noqa: E402 - after the setup
from hitl.accounts.models import User  # noqa: E402 - after the setup
from reviewqueue.domain import figures, gaps, policies, sampling  # noqa: E402 - after the setup
from reviewqueue.engine import starting  # noqa: E402 - after the setup
from reviewqueue.models import Agent, Case, Conversation, Decision, Event  # noqa: E402 - after the setup
from reviewqueue.queries import clock, drawing, suggestions  # noqa: E402 - after the setup

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS: Final = 182
_AT_ONCE: Final = 50_000
_AGENTS: Final = 4
_VERSIONS: Final = 20
# Every fifth was decided by a person, every twentieth was changed or rejected.
_SEEN: Final = "n % 5 = 0"
_WRONG: Final = "n % 20 = 0"


def fill(stored: int) -> None:
    """One case through the front door under the starting policy, then copies of its rows over half a year."""
    at = clock.now()
    lead = User.objects.create(username="lead", role="qa_lead", all_queues=True)
    agents = [Agent.objects.create(name=f"bench-{n}") for n in range(_AGENTS)]
    policies.publish(starting.starting_policy(), author=None, actor=SYSTEM, reason="benchmark", at=at)
    like = paging.proposed(proposals.document(expires_in=2_000_000), agents[0])
    Case.objects.filter(pk=like.pk).update(state="closed", rank_at=None, created_at=at - timedelta(days=2 * DAYS))
    for first in range(1, stored + 1, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, stored + 1))
        came = f"((n - {stored}) * {DAYS * 86400 / stored})"
        _fill_part(like, numbers, came, stored)
        _fill_rulings(numbers, came, lead.pk)
    paging.settle()


def _fill_part(like: Case, numbers: range, came: str, stored: int) -> None:
    case, agent, at = copying.id_of("case", came), f"{like.agent_id} + n % {_AGENTS}", copying.moment(came)
    later = copying.moment(f"{came} + 60 + n % 600")
    talk = {
        "id": "n + 1000",
        "external_id": "'talk' || n",
        "customer_ref": "'customer' || (n * 7 % 300000)",
        "created_at": at,
        "closed_at": later,
        "resolved": "n % 3 > 0",
        "csat": "CASE WHEN n % 4 = 0 THEN 1 + n * 31 / 4 % 5 END",
        "agent_id": agent,
    }
    changes = {
        "id": case,
        "dedupe_key": "'number' || n",
        "conversation_id": "n + 1000",
        "agent_id": agent,
        "outcome": f"CASE WHEN {_SEEN} THEN 'decided' ELSE 'released' END",
        "oversight": f"CASE WHEN {_SEEN} THEN 'in_the_loop' ELSE 'out_of_the_loop' END",
        "waiting_on": "''",
        "intent": "'intent-' || (n * 7 / 5 % 40)",
        "agent_version": f"'v' || (n * {_VERSIONS} / {stored + 1})",
        "channel": copying.one_of("chat", "email", "voice"),
        "language": copying.one_of("en", "de", "fr", "es"),
        "customer_tier": copying.one_of("standard", "gold", "silver", "enterprise", "standard", "standard"),
        "risk": copying.one_of("low", "medium", "medium", "low", "high", "low", "critical"),
        "worth": "n * 13 % 900",
        "value": "n * 13 % 900",
        "created_at": at,
        "updated_at": later,
        "due_at": later,
        "took_effect_at": later,
    }
    event = {"id": "n + 1000", "case_id": case, "agent_id": agent, "at": copying.moment(f"{came} + 30 + n % 20")}
    event |= {"kind": f"CASE WHEN {_SEEN} THEN 'case.claimed' ELSE 'case.released' END", "xid": "1"}
    copying.insert(Conversation, ("id", like.conversation_id), numbers, talk)
    copying.insert(Case, ("id", like.pk), numbers, changes)
    copying.insert(Event, ("case_id", like.pk), numbers, event)


def _fill_rulings(numbers: range, came: str, person: int) -> None:
    later = copying.moment(f"{came} + 60 + n % 600")
    said = "'Topic ' || (n / 20 * 11 % 60) || ' was answered from an old article'"
    values = {
        "id": copying.id_of("dec", came),
        "case_id": copying.id_of("case", came),
        "call_id": "'call_1'",
        "type": f"CASE WHEN NOT {_WRONG} THEN 'approve' WHEN n % 40 = 0 THEN 'edit' ELSE 'reject' END",
        "message": f"CASE WHEN {_WRONG} THEN {said} ELSE '' END",
        "reason_code": f"CASE WHEN NOT {_WRONG} THEN '' WHEN n % 3 = 0 THEN 'policy' ELSE 'wrong_fact' END",
        "knowledge_gap": f"CASE WHEN n % 100 = 0 THEN {said} ELSE '' END",
        "decided_by_id": f"CASE WHEN {_SEEN} THEN {person} END",
        "case_version": "1",
        "timings": "'{}'",
    }
    values |= dict.fromkeys(("final_action", "digest", "response", "note", "seen_digest"), "''")
    values |= dict.fromkeys(("decided_at", "effective_at", "took_effect_at"), later)
    table = Decision._meta.db_table  # noqa: SLF001 - documented by Django
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"  # noqa: S608 - names of ours
            f" FROM {copying.numbered(numbers)}"
        )


class Times(dict[str, list[float]]):
    """Milliseconds of each thing that was done."""

    def of(self, name: str, work: Callable[[], object], *, times: int = 1) -> None:
        """Do it so often."""
        for _time in range(times):
            began = time.perf_counter()
            work()
            self.setdefault(name, []).append((time.perf_counter() - began) * 1000)
            print(f"    {name}: {self[name][-1]:,.0f} ms", file=sys.stderr, flush=True)


def measure(loads: int) -> Times:
    """First what the alarm clocks do, then the pages."""
    taken = Times()
    at = clock.now()
    day = figures.today(at) - timedelta(days=3)
    taken.of("count one day", lambda: figures.count_day(day, at=at), times=3)
    figures.keep_up(at=at)
    plan = sampling.open_plan(at=at - timedelta(days=7))
    taken.of("draw a week's sample", lambda: drawing.design(plan, end=plan.to_at))
    taken.of("look for cases to judge for a reason", lambda: sampling.target(plan, at=at))
    sampling.draw(plan, at=at)
    taken.of("gather and group failures, 3,000 at a time", lambda: gaps.find(at=at))
    taken.of("find rules in corrections", lambda: suggestions.of(at=at))
    _load(taken, loads)
    return taken


def _load(taken: Times, loads: int) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="lead"))
    year = figures.today(clock.now()) - timedelta(days=360)

    def load(address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    for name, address in {
        "insight": "/insight/",
        "insight, a year": f"/insight/?from={year}",
        "a metric by intent": "/insight/override_rate/?by=intent",
        "cases behind a metric": "/insight/override_rate/cases",
        "cases behind a metric, of one intent": "/insight/escalation_rate/cases?by=intent&name=intent-7",
        "QA results": "/qa/results/",
        "QA plan": "/qa/plan/",
        "gaps": "/gaps/",
        "gap report": "/gaps/report/",
        "suggested rules": "/gaps/rules/",
    }.items():
        load(address)
        taken.of(f"page: {name}", partial(load, address), times=loads)


if __name__ == "__main__":
    what, number = sys.argv[1:]
    if what == "fill":
        began = time.perf_counter()
        fill(int(number))
        print(time.perf_counter() - began)
    else:
        print(json.dumps(measure(int(number))))
