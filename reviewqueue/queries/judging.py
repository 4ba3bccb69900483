"""Who may judge which case of a sample, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case as Choose
from django.db.models import Count, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.models import Case, Decision, KnownVerdict, Letter, QaVerdict, Sampled
from reviewqueue.queries import frame
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from reviewqueue.rules import Person


@dataclass(frozen=True, slots=True)
class Item:
    """A case of a sample as one person sees it: their own verdict where they gave one, and why they may not judge."""

    sampled: Sampled
    mine: QaVerdict | None
    why_not: str

    @property
    def waits_for_me(self) -> bool:
        """May this person judge it now?"""
        return not self.why_not


def unit(sampled: Sampled) -> Sampled:
    """What is judged: each case once. One that was chosen and drawn as well is judged as the drawn one."""
    if sampled.kind != Sampled.Kind.TARGETED:
        return sampled
    drawn = Sampled.objects.filter(case=sampled.case_id, kind=Sampled.Kind.RANDOM).select_related("case", "case__agent")
    return drawn.first() or sampled


def given(sampled: Sampled) -> QuerySet[QaVerdict]:
    """The verdicts about its case in their order, however it came into the sample; a known case stands alone."""
    if _known(sampled):
        return sampled.verdicts.order_by("position")
    found: QuerySet[QaVerdict] = QaVerdict.objects.filter(sampled__case=sampled.case_id)
    return found.exclude(sampled__kind=Sampled.Kind.CALIBRATION).order_by("position")


def require(person: Person, sampled: Sampled) -> None:
    """Refuse whoever may not judge this case now."""
    require_judge(person)
    rules.require_sight(person, sampled.case)
    if sentence := _own(person, sampled.case):
        raise Refusal("forbidden", sentence)
    if not Case.objects.filter(frame.finished(), pk=sampled.case_id).exists():
        raise Refusal("not-yet", _("This case is not over yet; judge it when it is."))
    if sampled.state == Sampled.State.SETTLED or (
        not sampled.double and given(sampled).exists() and not _known(sampled)
    ):
        raise Refusal("already-judged", _("This case has been judged."))


def _known(sampled: Sampled) -> bool:
    return sampled.kind == Sampled.Kind.CALIBRATION


def _own(person: Person, case: Case) -> str:
    """Nobody judges what they had a hand in."""
    decided = Decision.objects.filter(case=case, decided_by_id=person.pk).exists()
    wrote = Letter.objects.filter(case=case, author_id=person.pk).exists()
    if decided or wrote or person.pk in {case.first_by_id, case.claimed_by_id}:
        return _("You had a hand in this case; somebody else must judge it.")
    if case.agent.owner_id == person.pk:
        return _("You own the agent that proposed this; somebody else must judge it.")
    if KnownVerdict.objects.filter(case=case, recorded_by_id=person.pk).exists():
        return _("You recorded what is known of this case; somebody else must judge it.")
    return ""


_READERS: Final = frozenset(
    {Permission.REVIEW_QUALITY, Permission.LEAD_QUALITY, Permission.SUPERVISE, Permission.EXPORT_AUDIT}
)


def require_reader(person: Person) -> None:
    """Refuse whoever may not read what samples show."""
    if not any(person.may(right) for right in _READERS):
        raise Refusal("forbidden", _("Your role does not read what samples show."))


def require_judge(person: Person) -> None:
    """Refuse whoever does not judge."""
    rules.require_right(person, Permission.REVIEW_QUALITY, _("Your role does not judge the quality sample."))


def find(person: Person, sampled_id: str) -> Sampled:
    """One case of a sample; one that this person may not see is not there."""
    require_judge(person)
    found = Sampled.objects.select_related("case", "case__agent", "case__queue", "case__conversation", "plan")
    sampled = found.filter(pk=sampled_id).first()
    if sampled is None or not rules.may_see(person, sampled.case):
        raise Refusal("not-found", _("There is no such case in a sample."))
    return sampled


def listed(person: Person, week: str = "") -> list[Sampled]:
    """The cases of a sample that this person may see, in the order in which they are worked through."""
    require_judge(person)
    found = _visible(person).select_related("case", "case__agent")
    return list((found.filter(plan=week) if week else found).order_by("kind", "position", "id"))


def waiting(person: Person) -> QuerySet[Sampled]:
    """What this person could judge now: disputes first, then second looks, then in the order of the draw."""
    own = Q(case__decisions__decided_by_id=person.pk) | Q(case__letters__author_id=person.pk)
    own |= Q(case__first_by_id=person.pk) | Q(case__claimed_by_id=person.pk) | Q(case__agent__owner_id=person.pk)
    own |= Q(case__known_verdict__recorded_by_id=person.pk)
    mine = QaVerdict.objects.filter(sampled=OuterRef("pk"), by_id=person.pk)
    of_case = QaVerdict.objects.filter(sampled__case=OuterRef("case")).exclude(sampled__kind=Sampled.Kind.CALIBRATION)
    drawn = Sampled.objects.filter(case=OuterRef("case"), kind=Sampled.Kind.RANDOM)
    once: Any = Exists(of_case.filter(by_id=person.pk)) | (Q(double=False) & Exists(of_case))
    once |= Q(kind=Sampled.Kind.TARGETED) & Exists(drawn)
    had_a_hand = Sampled.objects.filter(own, pk=OuterRef("pk"))
    open_ = _visible(person).filter(frame.finished("case__")).exclude(state=Sampled.State.SETTLED)
    urgency = Choose(
        When(state=Sampled.State.DISPUTED, then=Value(0)),
        When(state=Sampled.State.SECOND, then=Value(1)),
        default=Value(2),
    )
    open_ = open_.exclude(~Q(kind=Sampled.Kind.CALIBRATION) & once)
    left: QuerySet[Sampled] = open_.exclude(Exists(mine)).exclude(Exists(had_a_hand))
    return left.annotate(urgency=urgency).order_by("urgency", "-plan__week", "position", "id")


def blind_to(person: Person, sampled: Sampled) -> list[QaVerdict]:
    """The verdicts that they may read: all of a settled case, both of a dispute for a third, else one's own."""
    told, judged = list(given(sampled).select_related("by", "scorecard")), unit(sampled)
    third = judged.state == Sampled.State.DISPUTED and all(each.by_id != person.pk for each in told)
    if judged.state == Sampled.State.SETTLED or third:
        return told
    return [each for each in told if each.by_id == person.pk]


def progress(week: str) -> dict[str, int]:
    """How many cases of a week's sample stand where, by kind and state: `{"random.waiting": 12, …}`."""
    counted = Sampled.objects.filter(plan=week).values_list("kind", "state").annotate(n=Count("pk")).order_by()
    return {f"{kind}.{state}": n for kind, state, n in counted}


def _visible(person: Person) -> QuerySet[Sampled]:
    names = rules.queue_names(person)
    found: QuerySet[Sampled] = Sampled.objects.all()
    return found if names is None else found.filter(case__queue_id__in=names)
