"""The pane of somebody who has taken a conversation over: what they write, what is known, what the agent would say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import drafting, takeover
from reviewqueue.engine import retention
from reviewqueue.models import Case, Conversation
from reviewqueue.queries import clock, recall
from reviewqueue.refusal import Refusal
from reviewqueue.web.visit import person, posted, signed_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.functional import _StrPromise

    from reviewqueue.engine.retention import Known

_KINDS: Final[dict[str, _StrPromise]] = {
    "name": _("name"),
    "order_number": _("order number"),
    "email": _("e-mail"),
    "phone": _("telephone"),
    "address": _("address"),
    "postcode": _("postcode"),
    "customer_number": _("customer number"),
    "invoice_number": _("invoice number"),
    "tracking_number": _("tracking number"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One known fact as people read it."""

    label: str
    value: str


@dataclass
class Talking:
    """The conversation of a taken-over case; ``typed``: the form as it stands, ``offered``: with the agent's draft."""

    case: Case
    record: Sequence[Mapping[str, Any]]
    typed: Mapping[str, str]
    offered: bool = False

    @cached_property
    def text(self) -> str:
        """What stands in the field."""
        said = self.typed.get("letter", "")
        return said or (self.offer if self.offered else "")

    @cached_property
    def offer(self) -> str:
        """What the agent would say: its latest draft, else, until somebody wrote, the reply that it proposed last."""
        talk = Conversation.objects.only("draft").get(pk=self.case.conversation_id)
        if talk.draft or self.case.letters.exists():
            return talk.draft
        proposals = Case.objects.filter(conversation_id=self.case.conversation_id).order_by("-created_at", "-id")
        actions = (action for case in proposals[:5] for action in case.actions if action["kind"] == "reply")
        return next((text for action in actions if isinstance(text := action["args"].get("text"), str)), "")

    @cached_property
    def known(self) -> list[Known]:
        """What stands in the record, so that nobody asks for it."""
        return recall.of(self.case.conversation_id, self.record)

    @property
    def at_hand(self) -> list[Fact]:
        """The same for people, each kind and value once."""
        told = {(fact.kind, fact.value.casefold()): fact for fact in reversed(self.known)}
        return _shown(reversed(told.values()))

    @property
    def again(self) -> list[Fact]:
        """What the text asks for although it is known."""
        return _shown(retention.asked_again(self.text, self.known))

    def require_fresh(self) -> None:
        """Refuse once (``asked-again``) what asks the customer to repeat themselves."""
        if self.again:
            facts = tuple({"pointer": "letter", "detail": f"{fact.label}: {fact.value}"} for fact in self.again)
            says = str(_("You ask for something that you know already. Send it anyway?"))
            raise Refusal("asked-again", says, errors=facts)


@signed_in
@require_POST
def writing(request: HttpRequest, case_id: str) -> HttpResponse:
    """Keep what is typed, and show what it asks for although it is known."""
    page = _page(request, case_id)
    if page.mine_to_write:
        drafting.save(page.case, person=page.person, fields=posted(request), at=page.now)
    return render(request, "_parts/asked_again.html", {"talking": page.talking, "case": page.case})


@signed_in
@require_POST
def step_in(request: HttpRequest, talk_id: int) -> HttpResponse:
    """``/conversations/<number>/step-in``: take over a conversation that is being watched, and open its case."""
    found = get_object_or_404(Conversation, pk=talk_id)
    note = posted(request).get("take_note", "").strip()
    case = takeover.step_in(found, person=person(request), note=note, at=clock.now())
    return redirect("case", case_id=case.pk)


@signed_in
@require_GET
def talk(request: HttpRequest, case_id: str) -> HttpResponse:
    """The conversation as it stands now, for a page that shows an older one."""
    page = _page(request, case_id)
    shown = request.GET.get("version", "")
    context = {"page": page, "case": page.case, "told": page.briefing, "newer": shown != str(page.case.version)}
    return render(request, "case_talk.html", context)


def _page(request: HttpRequest, case_id: str) -> Any:
    # The page of a case knows this pane; only here the pane asks for the page.
    from reviewqueue.web.case import settled  # noqa: PLC0415 - the same
    from reviewqueue.web.page import CasePage  # noqa: PLC0415 - the same

    now, who = clock.now(), person(request)
    typed = posted(request) if request.method == "POST" else None
    return CasePage(settled(who, case_id, now), who, now, posted=typed)


def _shown(facts: Any) -> list[Fact]:
    return [Fact(str(_KINDS.get(fact.kind, fact.kind)), fact.value) for fact in facts]
