"""``/waits/``: what a customer sees when the reviewer is late, and whether what customers were told came true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hitl.customers import door
from reviewqueue.domain import policies
from reviewqueue.engine import telling, telling_limits
from reviewqueue.models import DEFAULT_QUEUE, Queue
from reviewqueue.queries import clock, outlook, reader, standing, waits
from reviewqueue.rules import Permission
from reviewqueue.web.visit import person, signed_in

LATE_MINUTES: Final = (1, 10, 60)
# Shown, and called invented, where too few answers are known.
_INVENTED: Final = waits.Wait(p50_seconds=240, p80_seconds=600)


@signed_in
@require_safe
def simulator(request: HttpRequest) -> HttpResponse:
    """For administrators and supervisors; changes nothing."""
    who = person(request)
    if not (who.may(Permission.CONFIGURE) or who.may(Permission.SUPERVISE)):
        raise PermissionDenied(_("Your role does not look at waits."))
    at = clock.now()
    queues = list(Queue.objects.all())
    titles = {queue.pk: str(queue) for queue in queues}
    names = list(titles)
    chosen = request.GET.get("queue", "")
    chosen = (
        chosen if chosen in names else next(iter(n for n in names if n == DEFAULT_QUEUE), names[0] if names else "")
    )
    language = door.language(request.GET.get("language", ""), translation.get_language() or "")
    lately = outlook.lately(chosen, at=at)
    estimate = lately.wait(lately.turns(None))
    contracts = policies.current(at=at)[1].document.get("wait") or []
    contract = _contract(contracts, request.GET.get("contract", ""))
    context: dict[str, Any] = {
        "queues": queues,
        "chosen": chosen,
        "language": language,
        "lately": lately,
        "waiting": len(lately.ranks),
        "estimate": estimate,
        "contracts": [(number, _titled(rule)) for number, rule in enumerate(contracts)],
        "contract": contract,
        "contract_says": reader.said(telling_limits.wait(contracts[contract])) if contract is not None else "",
        "moments": _moments(estimate or _INVENTED, language, contracts[contract] if contract is not None else None),
        "truths": [(titles.get(truth.queue, truth.queue), truth) for truth in waits.truth(at=at)],
    }
    return render(request, "waits.html", context)


def _contract(contracts: list[dict[str, Any]], asked: str) -> int | None:
    """The number of the contract that was chosen; without a choice the first one."""
    if asked == "none" or not contracts:
        return None
    return int(asked) if asked.isdecimal() and int(asked[:4]) < len(contracts) else 0


def _titled(rule: dict[str, Any]) -> str:
    return str(rule.get("name") or reader.said(telling.scope(rule.get("match") or {})))


def _moments(estimate: waits.Wait, language: str, contract: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The page at once, so many minutes after the time that was told, and when nobody need wait longer, in order."""
    told = timedelta(seconds=estimate.p80_seconds)
    after = [(timedelta(), 0, False), *((told + timedelta(minutes=late), late, False) for late in LATE_MINUTES)]
    if contract:
        after.append((timedelta(seconds=contract["seconds"]), 0, True))
    return [
        {"late": late, "over": over, "body": _body(estimate, waited, language, contract)}
        for waited, late, over in sorted(after)
    ]


def _body(estimate: waits.Wait, waited: timedelta, language: str, contract: dict[str, Any] | None) -> SafeString:
    now = clock.now()
    stands = standing.preview(estimate, since=now - waited, at=now, language=language, contract=contract)
    with translation.override(language):
        return door.rendered("customers/_phase.html", {"stands": stands})
