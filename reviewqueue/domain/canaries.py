"""Control cases: known-bad proposals among the real ones, so that looking is not forgotten.

Each is made anew from a case that people once put right, about another invented person, judged and queued as its
siblings are. What tells it apart is one row in a table that no page of a reviewer reads before the case is over.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import dosage, intake
from reviewqueue.engine import canonical, redaction
from reviewqueue.models import OPEN, Agent, Canary, Case, CoachingRules, Oversight, Specimen, State, ids
from reviewqueue.queries import dosage as doses
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Of so many ticks of the clock, one plants: nobody can tell by the minute.
RARITY: Final = 15
# Long before anybody would be alarmed about it.
STALE: Final = timedelta(hours=2)
# So many of its agent's newest cases say what its ids look like.
_SHAPES: Final = 40
_BEFORE_DUE: Final = timedelta(minutes=5)
# Of a proposal the keys whose presence a reviewer might notice; they are as the agent sends them now.
_AS_NOW: Final = ("agent", "expires_in")


def ring(*, at: datetime, draw: Callable[[int], int] = secrets.randbelow) -> bool:
    """Take out what is in the way; says whether it is time for one, at a moment that no clock gives away."""
    coaching = doses.coaching()
    _tend(coaching, at=at)
    return coaching.canaries and not draw(RARITY)


def come(*, at: datetime, draw: Callable[[int], int] = secrets.randbelow) -> int:
    """Plant one, if there is one that fits; says how many were planted."""
    coaching = doses.coaching()
    fit = list(_fit(coaching, at)) if coaching.canaries else []
    return int(bool(fit) and plant(fit[draw(len(fit))], coaching=coaching, at=at) is not None)


def plant(specimen: Specimen, *, coaching: CoachingRules, at: datetime) -> Case | None:
    """Put one among the real cases; ``None`` where the policy would let it pass, or people have enough to do."""
    agent = specimen.source.agent
    proposal = _proposal(specimen, agent, at)

    def marked(case: Case, _verdict: Any) -> bool:
        if case.oversight == Oversight.HUMAN_ONLY or _waiting(case.queue_id) > coaching.queue_at_most:
            return False
        Canary.objects.create(case_id=case.pk, specimen=specimen, planted_at=at)
        return True

    with transaction.atomic():
        case = intake.stage(proposal, agent=agent, at=at, first=marked)
        if case is not None:
            body = {"case": case.pk, "specimen": specimen.pk, "source": specimen.source_id}
            ledger.append(subject=f"canary:{case.pk}", kind="canary.planted", actor=SYSTEM, at=at, body=body)
    return case


def _tend(coaching: CoachingRules, *, at: datetime) -> None:
    for canary in Canary.objects.filter(settled_at=None).select_related("case"):
        case = canary.case
        if case.state not in (*OPEN, State.DECIDED):
            with transaction.atomic():
                dosage.settle(case.pk, why=case.state, at=at)
        elif why := _in_the_way(case, coaching, at):
            dosage.take_out(case.pk, why=why, at=at)


def _in_the_way(case: Case, coaching: CoachingRules, at: datetime) -> str:
    if not coaching.canaries:
        return "switched off"
    if at - case.created_at > STALE or (case.due_at and at > case.due_at - _BEFORE_DUE):
        return "nobody took it"
    return "customers wait" if _waiting(case.queue_id) > coaching.queue_at_most else ""


def _waiting(queue: str) -> int:
    return real.cases().filter(queue_id=queue, rank_at__isnull=False, state=State.QUEUED).count()


def _fit(coaching: CoachingRules, at: datetime) -> Iterator[Specimen]:
    """Those of which none waits yet, and for which there is somebody who may get one."""
    people = [person for person in _deciders() if doses.left(person.pk, at=at, rules=coaching)]
    under_way = Canary.objects.filter(settled_at=None).values("specimen")
    ready = Specimen.objects.filter(state=Specimen.State.APPROVED, for_control=True).exclude(pk__in=under_way)
    for specimen in ready.select_related("source__agent"):
        if specimen.known_bad and _at_once(specimen) and any(_suits(person, specimen) for person in people):
            yield specimen


def _at_once(specimen: Specimen) -> bool:
    """Is all of it released together? A part that ran alone would get no grant, and everybody could see that."""
    together = specimen.document.get("release", "together") == "together"
    return together or len(specimen.document["actions"]) == 1


def _suits(person: Any, specimen: Specimen) -> bool:
    names = rules.queue_names(person)
    there = names is None or specimen.source.queue_id in names
    return there and specimen.source.agent.owner_id != person.pk and not doses.knows(specimen, person.pk)


def _deciders() -> list[Any]:
    users: Any = get_user_model()._default_manager.filter(is_active=True)  # noqa: SLF001 - Django's documented name
    return [user for user in users if user.may(rules.Permission.DECIDE)]


def _proposal(specimen: Specimen, agent: Agent, at: datetime) -> intake.Proposal:
    """The specimen about somebody else again, as its agent would send it today.

    What the desk files it under begins with something that nobody can guess: neither the agent nor a customer with
    ids of the same shape ever meets it.
    """
    lately = _lately(agent) or [specimen.source]
    shown = _shown(specimen, lately, at)
    secret = f"{secrets.token_hex(13)}:"
    customer = shown.get("customer") or {}
    filed = {
        **shown,
        "dedupe_key": secret + shown["dedupe_key"],
        "conversation": {**shown["conversation"], "id": (secret + shown["conversation"]["id"])[:200]},
    }
    if customer.get("id"):
        filed["customer"] = {**customer, "id": secret + customer["id"]}
    return intake.Proposal(document=filed, raw=json.dumps(shown, ensure_ascii=False), digest=canonical.digest(shown))


def _lately(agent: Agent) -> list[Case]:
    """What this agent proposed itself, the newest first: no wish of a customer, no imported history."""
    found = real.cases().filter(agent=agent).exclude(state=State.IMPORTED).order_by("-pk")
    return [case for case in found.defer("facts", "search_terms")[:_SHAPES] if not case.raised_by_desk]


def _shown(specimen: Specimen, lately: Sequence[Case], at: datetime) -> dict[str, Any]:
    dice = ids.new_id("canary")
    document = redaction.swap(specimen.document, dice).document
    seen = [case.document for case in lately]
    now = seen[0]
    document = {key: value for key, value in document.items() if key not in _AS_NOW}
    document |= {key: now[key] for key in _AS_NOW if key in now}
    said = document["conversation"].get("messages") or []
    ago = at - specimen.source.created_at
    conversation = {**document["conversation"], "messages": [_moved(message, ago) for message in said]}
    conversation["id"] = redaction.among([each["conversation"]["id"] for each in seen], dice)
    key = redaction.among([each["dedupe_key"] for each in seen], dice)
    document = {"dedupe_key": key, **document, "conversation": conversation}
    customers = [each["customer"]["id"] for each in seen if (each.get("customer") or {}).get("id")]
    if customers and (document.get("customer") or {}).get("id"):
        document["customer"] = {**document["customer"], "id": redaction.among(customers, dice)}
    order = [key for key in now if key in document] + [key for key in document if key not in now]
    return {key: document[key] for key in order}


def _moved(message: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The same message so much later."""
    if not message.get("at"):
        return message
    moment = datetime.fromisoformat(message["at"]) + by
    text = moment.isoformat(timespec="microseconds" if "." in message["at"] else "seconds")
    return {**message, "at": text.replace("+00:00", "Z") if message["at"].endswith("Z") else text}
