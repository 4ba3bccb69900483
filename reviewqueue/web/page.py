"""Everything that the case page shows and carries, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import attention, drafting, policies
from reviewqueue.models import Case, Draft, Queue, State
from reviewqueue.queries import briefing as told
from reviewqueue.queries import likeness, people, sightings, takeovers, wordings
from reviewqueue.web import briefing, claims, contested, looking, promised, reading, ruling, talking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audit.models import Entry
    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Decision, Question
    from reviewqueue.refusal import Refusal
    from reviewqueue.web.ruling import RulingForm


@dataclass
class CasePage:
    """One case for one person at one moment; ``posted`` and ``refusal`` after a verb was refused."""

    case: Case
    person: Reviewer
    now: datetime
    posted: Mapping[str, str] | None = None
    refusal: Refusal | None = None
    verb: str = ""
    # The session was opened or confirmed with a second factor; known where it matters.
    second_factor: bool = False
    # The agent's draft was asked for.
    offered: bool = False
    # An invented case of the practice: the same page, and nothing of it reaches anybody.
    practice = False

    @cached_property
    def decisions(self) -> list[Decision]:
        """Every ruling of this case, also the undone ones."""
        return list(self.case.decisions.select_related("decided_by", "grant").order_by("decided_at", "id"))

    @cached_property
    def form(self) -> RulingForm:
        """The decision form, with what was typed and what is wrong with it."""
        form = ruling.RulingForm(
            case=self.case,
            actions=told.actions(self.case),
            wordings=wordings.of(self.case.actions),
            decided=ruling.decided(self.decisions),
            posted=self.typed,
            taken_back=ruling.taken_back(self.decisions, self.person.pk),
        )
        return form.refused(self.refusal) if self.refusal and self.verb == "decide" else form

    @cached_property
    def draft(self) -> Draft | None:
        """What this person typed earlier and has not sent."""
        if self.case.state not in drafting.KEPT_IN:
            return None
        found: Draft | None = Draft.objects.filter(case=self.case, person_id=self.person.pk).first()
        return found

    @property
    def typed(self) -> Mapping[str, str] | None:
        """What stands in the form: as sent just now, else as kept on the server."""
        if self.posted is not None:
            return self.posted
        return self.draft.fields if self.draft else None

    @cached_property
    def allowed(self) -> dict[str, bool | str]:
        """Each verb with ``True`` or the sentence why not."""
        return rules.allowed(self.person, self.case)

    @cached_property
    def can(self) -> dict[str, bool]:
        """The verbs that this person may use now."""
        return {verb: answer is True for verb, answer in self.allowed.items()}

    @cached_property
    def talking(self) -> talking.Talking | None:
        """The pane of a conversation that somebody has taken over; not in place of a decision that was refused."""
        if self.case.state != State.TAKEN_OVER or "claim_token" in (self.posted or {}):
            return None
        return talking.Talking(self.case, self.conversation, self.typed or {}, self.offered)

    @property
    def mine_to_write(self) -> bool:
        """Does this person speak with the customer?"""
        return self.can["write"]

    @property
    def mine(self) -> bool:
        """Does this person hold the case?"""
        return self.case.state == State.CLAIMED and self.case.claimed_by_id == self.person.pk

    @property
    def writable(self) -> bool:
        """May fields be typed in? Work that a refusal gave back stays open also without a lease."""
        return self.can["decide"] or (self.form.touched and bool(self.form.open))

    @cached_property
    def headline(self) -> Any:
        """What the case is about."""
        return ruling.headline(self.form)

    @cached_property
    def conversation(self) -> list[dict[str, Any]]:
        """The conversation's record."""
        return told.conversation(self.case)

    @cached_property
    def briefing(self) -> briefing.Briefing:
        """The left and the middle pane."""
        return briefing.of(self.case, self.conversation)

    @cached_property
    def evidence(self) -> dict[str, claims.Evidence]:
        """The claims of each action that is still open, as typed now, and what supports them."""
        return claims.of(self.form.open, self.case, self.briefing)

    @cached_property
    def cited(self) -> dict[str, list[tuple[str, bool]]]:
        """Each source's text in pieces, with whether the draft repeats them."""
        return {source.text: claims.cited(source.text, self.form.cards) for source in self.briefing.sources}

    @property
    def evidence_open(self) -> bool:
        """At high risk what supports a claim is read before it is decided."""
        return self.case.risk in sightings.WEIGHTY

    @cached_property
    def looked_at(self) -> looking.LookedAt:
        """What this person has opened of the evidence, and what they must still open."""
        asked = (self.can["claim"] or self.can["decide"]) and not self.executable_not
        prompted = attention.asks_for_evidence(self.person, at=self.now)
        return looking.of(self.case, self.person, self.conversation, asked=asked, prompted=prompted)

    @cached_property
    def own_view_first(self) -> bool:
        """Does its holder say what they would do before they see what the agent recommends?"""
        asked = looking.drawn(self.case) or attention.asks_for_view(self.person, at=self.now)
        drawn = self.can["decide"] and bool(self.form.open) and asked
        return drawn and bool(self.briefing.recommendation) and not self.looked_at.own_view

    @cached_property
    def reading_seconds(self) -> int:
        """About how long it takes to read what the page shows."""
        told = self.briefing
        texts = [*(m.text for m in told.messages), *(s.text for s in told.sources), *(c.text for c in self.form.open)]
        return reading.seconds([*texts, told.issue, told.summary, told.recommendation, *told.attempted])

    @cached_property
    def precedents(self) -> likeness.Precedents:
        """Earlier cases like this one that were decided."""
        return likeness.of(self.case, self.person)

    @cached_property
    def questions(self) -> list[Question]:
        """What was asked about this case."""
        return list(self.case.questions.select_related("asked_by", "answered_by"))

    @cached_property
    def promised(self) -> promised.Promised:
        """Until when what was promised, and what happens when nobody decides."""
        return promised.of(self.case)

    @cached_property
    def seen_digest(self) -> str:
        """Proves what this page shows."""
        return told.seen_digest(self.case, self.conversation)

    @cached_property
    def hidden(self) -> int:
        """How many characters of the proposal cannot be seen."""
        return told.hidden_characters(self.case)

    @cached_property
    def timeline(self) -> list[Entry]:
        """What happened, for those who may read it."""
        return told.timeline(self.case) if self.can["timeline"] else []

    @cached_property
    def colleagues(self) -> list[Any]:
        """To whom the case can be passed on."""
        return people.deciders(self.case, but=self.person.pk) if self.can["reassign"] else []

    @cached_property
    def queues(self) -> list[Queue]:
        """To which queues the case can be passed on."""
        return list(Queue.objects.exclude(pk=self.case.queue_id)) if self.can["reassign"] else []

    def address(self, verb: str) -> str:
        """Where a verb of this case is sent."""
        return f"{reverse('case', args=[self.case.pk])}{verb}"

    @property
    def beat_seconds(self) -> int:
        """How often the page renews its lease."""
        return max(settings.LEASE_SECONDS // 3, 1)

    @property
    def shown_at(self) -> str:
        """When this page was made."""
        return self.now.isoformat()

    @property
    def standing(self) -> list[Decision]:
        """The rulings that were not undone."""
        return [decision for decision in self.decisions if decision.undone_at is None]

    @property
    def two_people(self) -> bool:
        """Do two people have to agree?"""
        return self.case.eyes > 1

    @property
    def working_on_it(self) -> Any:
        """A colleague from whom this person would take the case."""
        holder = rules.works_on(self.case, at=self.now)
        return holder if holder is not None and holder.pk != self.person.pk else None

    @property
    def critical(self) -> bool:
        """Must the amount be typed again?"""
        return self.case.risk == "critical" and bool(self.form.amounts)

    @cached_property
    def executable_not(self) -> str:
        """Why no ruling lets the agent act in this case; empty when one may."""
        return rules.may_execute(self.case) or ""

    @property
    def approve_label(self) -> str:
        """The label of the approving button where it is switched off."""
        return _("Approve")

    @property
    def needs_confirming(self) -> bool:
        """No approval that cannot be undone, or at more than low risk, by a single key."""
        return self.case.risk != "low" or any(card.plain.reversible is not True for card in self.form.open)

    @property
    def each_alone(self) -> bool:
        """May some actions be decided before the others?"""
        return len(self.form.open) > 1 and not self.case.releases_together

    @cached_property
    def undo_seconds(self) -> int:
        """How long a decision can be taken back."""
        return policies.numbered(self.case.policy_id).undo_seconds

    @property
    def ask_of(self) -> str:
        """Whom the question form names."""
        return (self.posted or {}).get("ask_of") or "agent"

    @cached_property
    def disputed(self) -> list[contested.Ruled]:
        """What was decided that the customer does not accept."""
        return contested.of(self.case, self.person)

    @cached_property
    def asks_why(self) -> bool:
        """Is it still to be said why the conversation was taken over, or is being?"""
        return takeovers.asks_why(self.case)

    @property
    def takeover_reasons(self) -> list[tuple[str, Any]]:
        """Why an agent can fall short, and that it did not; of a decision that is contested, that it stands."""
        if not self.case.contests_id:
            return takeovers.REASONS
        return [*takeovers.REASONS[:-1], (takeovers.NO_FAULT, _("nothing: the decision stands"))]

    @property
    def hint(self) -> str:
        """Why nothing can be decided here now; empty when it can, or when there is something else to do."""
        if any(self.can[verb] for verb in ("undo", "return", "stop")):
            return ""
        answer = self.allowed["decide" if self.mine or self.can["claim"] else "claim"]
        return answer if isinstance(answer, str) else ""
