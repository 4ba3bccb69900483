"""How the past weeks were looked at again: judged, settled, signed, and a gap that was mended."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from django.db import transaction

from hitl.accounts.models import User
from reviewqueue.domain import gaps, quality, reviews, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Gap, QaRun, Sampled, SamplePlan
from reviewqueue.queries import reviewing
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hitl.demo.past.weeks import Happened

_LEAD: Final = "quentin"
_JUDGES: Final = (_LEAD, "ravi", "sofia")
# Of what is wrong a judge overlooks a tenth.
_SEES: Final = 0.9
_CURT: Final = 0.04
_EACH: Final = timedelta(minutes=4)
_NOTES: Final = {
    "critical": "Gone through with the owner of each agent; what was found is in the verdicts.",
    "escalations": "Charging in frost must come to a person. Cancellations of plans need not.",
    "agreement": "Where we differed it was about tone.",
    "follow_up": "Source on warranties is mended first; the hours for the telephone next.",
    "trend": "Fewer errors since the new version of the chat agent; the intervals hardly overlap.",
    "rules": "Forty cases a week are enough to see a change of this size.",
    "record": "Verified without a finding.",
}
_SUMMARY: Final = "Read, discussed, and what follows is agreed."
_MENDED: Final = "Warranty article v11 says two years for batteries in its first line; orders-17 cites it."
_LINK: Final = "https://help.wrenfold.example/warranty"


@transaction.atomic
def drawn(monday: datetime, *, at: datetime) -> SamplePlan:
    """The week's sample: opened and drawn in one breath, so that no alarm clock draws it half-told."""
    plan = sampling.plan_of_week(monday, at=monday)
    return sampling.draw(plan, at=min(plan.due_at, at))


def judged(plan: SamplePlan, happened: Mapping[str, Happened], *, share: float, at: datetime) -> None:
    """The first so many of the sample, in its order, by people who had no hand in them."""
    sample = list(Sampled.objects.filter(plan=plan, kind=Sampled.Kind.RANDOM).order_by("position"))
    people = [User.objects.get(username=name) for name in _JUDGES]
    for n, sampled in enumerate(sample[: round(share * len(sample))]):
        if sampled.case_id not in happened:  # somebody else's case, of the same week
            continue
        moment = min((plan.drawn_at or at) + timedelta(hours=4) + n * _EACH, at)
        turn = [*people[n % len(people) :], *people[: n % len(people)]]
        _judge(sampled, happened[sampled.case_id], turn, at=moment)


def _judge(sampled: Sampled, happened: Happened, people: Sequence[User], *, at: datetime) -> None:
    """One person; a second where the draw says so; a third where these differ."""
    for person in people:
        sampled.refresh_from_db()
        if sampled.state == Sampled.State.SETTLED:
            return
        said = _said(happened, Random(f"{happened.encounter.number}:{person.username}"))  # noqa: S311 - it guards nothing
        try:
            quality.judge(sampled, person=person, said=said, at=at)
        except Refusal:  # they had a hand in it
            continue


def _said(happened: Happened, chance: Random) -> Judgement:
    slip, seen = happened.kind.slip, bool(happened.kind.rulings) or happened.encounter.scenario.intended.mode != _ALONE
    if happened.slipped and slip and not seen and chance.random() < _SEES:
        return Judgement(
            verdict="critical" if slip.critical else "error",
            should_have_been_reviewed=not slip.alone,
            codes=[slip.code],
            knowledge_gap=slip.missing,
            severity=slip.severity,
            scores={"facts": 0, "resolution": 0, "tone": 2},
            note=happened.encounter.said(slip.note),
        )
    if seen and chance.random() < _CURT:
        says = "Right, but curt: no word about the trouble that it was."
        return Judgement("error", True, ["tone"], severity="low", scores={"facts": 2, "tone": 0}, note=says)  # noqa: FBT003 - should it have been seen
    return Judgement("ok", seen and not happened.kind.needless, scores={"facts": 2, "resolution": 2, "tone": 2})


_ALONE: Final = "out_of_the_loop"


def signed(of: str, period: str, *, at: datetime) -> None:
    """The lead goes through the steps and signs; a run that is signed stays as it is."""
    lead = User.objects.get(username=_LEAD)
    run = reviews.begin(of=of, period=period, person=lead, at=at)
    if run.signed_off_at:
        return
    for n, step in enumerate(reviewing.BY_HAND[QaRun.Of(of)]):
        run = reviews.tick(run, step=step, note=_NOTES[step], person=lead, at=at + n * _EACH)
    reviews.sign_off(run, summary=_SUMMARY, person=lead, at=at + timedelta(hours=1))


def audited(month: str, *, at: datetime) -> None:
    """The monthly audit, once the month is over and every week of it is signed."""
    if month >= f"{at:%Y-%m}":
        return
    weeks = [plan.week for plan in reviewing.weeks("month", month)]
    done = QaRun.objects.filter(of=QaRun.Of.WEEK, period__in=weeks).exclude(signed_off_at=None)
    if done.count() == len(weeks):
        signed("month", month, at=at)


def mended(*, grouped: gaps.Grouping, at: datetime) -> None:
    """The gap about warranties gets an owner, and its source is changed; the desk sees by itself whether it helped."""
    gaps.find(at=at, grouped=grouped)
    found = Gap.objects.filter(intent="warranty", state=Gap.State.OPEN).order_by("-cases", "pk").first()
    if found is None:
        return
    lead, owner = User.objects.get(username=_LEAD), User.objects.get(username="sofia")
    found = gaps.assign(found, owner=owner, area=Gap.Area.SOURCE, person=lead, version=found.version, at=at)
    gaps.change(found, what=_MENDED, url=_LINK, person=owner, version=found.version, at=at)
