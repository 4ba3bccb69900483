"""``/waits/``: what a customer sees when the reviewer is late, and whether what customers were told came true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hitl.customers import door
from reviewqueue.models import DEFAULT_QUEUE, Queue
from reviewqueue.queries import clock, outlook, standing, waits
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
    names = [queue.pk for queue in queues]
    chosen = request.GET.get("queue", "")
    chosen = (
        chosen if chosen in names else next(iter(n for n in names if n == DEFAULT_QUEUE), names[0] if names else "")
    )
    language = door.language(request.GET.get("language", ""), translation.get_language() or "")
    lately = outlook.lately(chosen, at=at)
    estimate = lately.wait(lately.turns(None))
    context: dict[str, Any] = {
        "queues": queues,
        "chosen": chosen,
        "language": language,
        "lately": lately,
        "waiting": len(lately.ranks),
        "estimate": estimate,
        "moments": [_moment(estimate or _INVENTED, minutes, language) for minutes in (0, *LATE_MINUTES)],
        "truths": waits.truth(),
    }
    return render(request, "waits.html", context)


def _moment(estimate: waits.Wait, late: int, language: str) -> dict[str, Any]:
    """The page at once (0), or so many minutes after the time that was told."""
    since = clock.now()
    after = timedelta(seconds=estimate.p80_seconds, minutes=late) if late else timedelta()
    stands = standing.preview(estimate, since=since - after, at=since, language=language)
    with translation.override(language):
        body = door.rendered("customers/_phase.html", {"stands": stands})
    return {"late": late, "body": body}
