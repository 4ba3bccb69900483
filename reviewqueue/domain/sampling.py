"""The samples of quality assurance: a plan for each week, its live part while the week runs, and the draw at its end.

Drawing changes nothing about a case, tells nobody who works on it, and says nothing to its agent.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import once, scorecards
from reviewqueue.domain.people import by
from reviewqueue.engine import sampling
from reviewqueue.models import Case, Sampled, SamplePlan, SamplingRules, ids
from reviewqueue.queries import drawing, frame, targets
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from reviewqueue.domain.people import Reviewer

# Ids are made before their transaction ends; after this long, none that is smaller can still come.
_SETTLED: Final = timedelta(minutes=2)
_WEEK: Final = timedelta(days=7)
# So many cases are asked for their ticket at a time.
_LOOKED_AT: Final = 5_000
_MOST_TARGETS: Final = 500
# So many of the newest samples are still being judged.
_TENDED: Final = 4


def rules_now() -> SamplingRules:
    """What an administrator set, else the defaults."""
    return SamplingRules.objects.first() or SamplingRules()


def week_of(at: datetime) -> str:
    """The week of a moment as people write it: 2026-W48, in the desk's time zone."""
    year, week, _day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).isocalendar()
    return f"{year}-W{week:02}"


def work(*, at: datetime) -> int:
    """Everything that is due: open the week's plan, draw its live part, draw the weeks that are over."""
    drawn = draw_live(open_plan(at=at), at=at)
    for due in SamplePlan.objects.filter(drawn_at=None, due_at__lte=at):
        drawn += bool(draw(due, at=at).drawn_at == at)
    for lately in SamplePlan.objects.filter(drawn_at__isnull=False).order_by("-week")[:_TENDED]:
        once.take_over(lately, at=at)
    return drawn


def open_plan(*, at: datetime) -> SamplePlan:
    """The plan that cases of this moment belong to: this week's, and once that was drawn early, the next one's."""
    moment, plan = at, plan_of_week(at, at=at)
    while plan.drawn_at and plan.to_at <= at:
        moment = _bounds(moment)[1]
        plan = plan_of_week(moment, at=at)
    return plan


def plan_of_week(moment: datetime, *, at: datetime) -> SamplePlan:
    """The plan of a week, drawn or not; made once, by whoever comes first. It begins where the one before ended.

    One that is made late, after the clock was set back, ends where the one behind it begins: no case is in two.
    """
    week = week_of(moment)
    if known := SamplePlan.objects.filter(pk=week).first():
        return known
    starts, ends = _bounds(moment)
    last = SamplePlan.objects.filter(week__lt=week).order_by("-week").first()
    behind = SamplePlan.objects.filter(week__gt=week).order_by("week").first()
    ends = min(ends, behind.from_at) if behind else ends
    kept = drawing.as_json(rules_now())
    kept["live_chance"] = _live_chance(kept, last)
    seed = secrets.token_hex(32)
    plan = SamplePlan(
        week=week,
        seed=seed,
        from_at=last.to_at if last else starts,
        to_at=ends,
        rules=kept,
        opened_at=at,
        due_at=ends + timedelta(hours=kept["draw_after_hours"]),
    )
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
            scorecards.begin(at=at)
            # Whoever holds this digest against the seed, which the draw tells, knows that nobody chose it afterwards.
            body = {"seed_digest": hashlib.sha256(seed.encode()).hexdigest(), "rules": kept}
            ledger.append(subject=plan.subject, kind="sample.opened", actor=SYSTEM, at=at, body=body)
    except IntegrityError:
        return SamplePlan.objects.get(pk=week)
    return plan


def draw_live(plan: SamplePlan, *, at: datetime) -> int:
    """Put the newest cases whose ticket says so into the sample at once; says how many."""
    before = ids.first_at("case", at - _SETTLED)
    if plan.drawn_at or not plan.rules["live_chance"]:
        return 0
    new = frame.cases(plan.from_at, plan.to_at).filter(pk__gt=plan.live_until, pk__lt=before).order_by("pk")
    found = list(new.values_list("pk", flat=True)[:_LOOKED_AT])
    if not found:
        return 0
    chance = plan.rules["live_chance"]
    chosen = [case for case in found if sampling.chosen_live(plan.seed, case, chance)]
    return _keep_live(plan, chosen, found[-1], at=at)


@transaction.atomic
def _keep_live(plan: SamplePlan, chosen: list[str], until: str, *, at: datetime) -> int:
    """Only whoever moves the mark keeps what lies before it, so that two alarm clocks draw once."""
    mark = SamplePlan.objects.filter(pk=plan.pk, live_until=plan.live_until, drawn_at=None)
    if not mark.update(live_until=until):
        return 0
    plan.live_until = until
    Sampled.objects.bulk_create(_random(plan, case, place=n, live=True, at=at) for n, case in enumerate(chosen))
    if chosen:
        body = {"cases": chosen, "chance": plan.rules["live_chance"]}
        ledger.append(subject=plan.subject, kind="sample.drawn_live", actor=SYSTEM, at=at, body=body)
    return len(chosen)


def draw(plan: SamplePlan, *, at: datetime, early: bool = False) -> SamplePlan:
    """Draw the week's sample; once, however often and by however many it is asked for. Returns the plan as it stands.

    ``early``: the week ends now as far as the sample goes, and the next plan begins here.
    """
    if plan.drawn_at:
        return plan
    end = min(at, plan.to_at) if early else plan.to_at
    made = drawing.design(plan, end=end)
    with transaction.atomic():
        fresh = SamplePlan.objects.select_for_update().get(pk=plan.pk)
        if fresh.drawn_at or fresh.live_until != plan.live_until:
            return fresh
        _keep(fresh, made, end, at=at)
    return fresh


def begun(plan: SamplePlan, *, at: datetime) -> bool:
    """Has its week begun? After an early draw the next week's plan takes what is left of the running one."""
    return plan.week <= week_of(at)


def draw_early(plan: SamplePlan, *, person: Reviewer, at: datetime) -> SamplePlan:
    """A QA lead does not want to wait for the end of the week. Refused without the right (``forbidden``)."""
    rules.require_right(person, rules.Permission.LEAD_QUALITY, _("Your role does not draw samples."))
    if not frame.cases(plan.from_at, min(at, plan.to_at)).exists():
        raise Refusal("not-yet", _("No case has come since the last sample was drawn."))
    return draw(plan, at=at, early=True)


def _keep(plan: SamplePlan, made: drawing.Design, end: datetime, *, at: datetime) -> None:
    place = Sampled.objects.filter(plan=plan, kind=Sampled.Kind.RANDOM).count()
    new, kept = [], []
    for stratum in made.strata:
        for case in stratum.live:
            case.stratum, case.inclusion_probability = stratum.name, stratum.probability
            kept.append(case)
        new += [(row, stratum) for row in stratum.drawn]
    new.sort(key=lambda one: sampling.ticket(plan.seed, "order", one[0].case))
    Sampled.objects.bulk_update(kept, ["stratum", "inclusion_probability", "columns"])
    Sampled.objects.bulk_create(
        _random(plan, row.case, place=place + n, at=at, drawn=(row, stratum)) for n, (row, stratum) in enumerate(new)
    )
    plan.drawn_at, plan.to_at, plan.population, plan.design = at, end, made.population, made.as_json()
    plan.save(update_fields=["drawn_at", "to_at", "population", "design"])
    body = {"seed": plan.seed, "population": made.population, "drawn": len(new) + len(kept), "design": plan.design}
    ledger.append(subject=plan.subject, kind="sample.drawn", actor=SYSTEM, at=at, body=body)


def _random(
    plan: SamplePlan,
    case: str,
    *,
    place: int,
    at: datetime,
    live: bool = False,
    drawn: tuple[frame.Row, drawing.Drawn] | None = None,
) -> Sampled:
    row, stratum = drawn or (None, None)
    return Sampled(
        plan=plan,
        case_id=case,
        kind=Sampled.Kind.RANDOM,
        live=live,
        position=place,
        drawn_at=at,
        double=sampling.chosen_double(plan.seed, case, plan.rules["double_share"]),
        stratum=stratum.name if stratum else "",
        inclusion_probability=stratum.probability if stratum else plan.rules["live_chance"],
        columns=row.kept if row else {},
    )


@transaction.atomic
def choose(
    case: Case, *, reason: str, at: datetime, person: Reviewer | None = None, known: bool = False
) -> Sampled | None:
    """Look at a case for a reason. It counts towards no rate. Nothing, where it is chosen already.

    Refused for a person without the right (``forbidden``).
    """
    if person:
        rules.require_right(person, rules.Permission.LEAD_QUALITY, _("Your role does not choose cases for QA."))
        rules.require_sight(person, case)
    kind = Sampled.Kind.CALIBRATION if known else Sampled.Kind.TARGETED
    plan = open_plan(at=at)
    # Among those that are drawn, so that its place says nothing to whoever judges it.
    place = sampling.ticket(plan.seed, "order", case.pk) % plan.rules["size"]
    made, new = Sampled.objects.get_or_create(
        case=case, kind=kind, defaults={"plan": plan, "reason": reason, "drawn_at": at, "position": place}
    )
    if not new:
        return None
    body = {"case": case.pk, "reason": reason}
    actor = by(person) if person else SYSTEM
    ledger.append(subject=made.subject, kind="sample.chosen", actor=actor, at=at, body=body)
    judged = Sampled.objects.filter(case=case, kind=Sampled.Kind.RANDOM, state=Sampled.State.SETTLED).first()
    if judged and not known:
        once.settle_like(made, judged, at=at)
    return made


def target(plan: SamplePlan, *, at: datetime) -> int:
    """Choose cases for the reasons that there are, of each so many as the rules allow; says how many are new."""
    reasons = [reason for reason in Sampled.Reason.values if reason != Sampled.Reason.ASKED]
    most = plan.rules["targeted_most"] // len(reasons)
    return sum(_target(plan, reason, most, at=at) for reason in reasons)


def _target(plan: SamplePlan, reason: str, most: int, *, at: datetime) -> int:
    room = most - Sampled.objects.filter(plan=plan, kind=Sampled.Kind.TARGETED, reason=reason).count()
    found = targets.candidates(plan, reason, at=at)[:_MOST_TARGETS] if room > 0 else []
    known = _sampled(found)
    left = [case for case in found if case not in known][: max(room, 0)]
    return sum(choose(case, reason=reason, at=at) is not None for case in Case.objects.filter(pk__in=left))


def _sampled(case_ids: list[str]) -> set[str]:
    found = Sampled.objects.filter(case__in=case_ids)
    return set(found.values_list("case", flat=True))


def _bounds(at: datetime) -> tuple[datetime, datetime]:
    here = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    monday = (here - timedelta(days=here.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return monday, (monday + _WEEK)


def _live_chance(kept: dict[str, Any], last: SamplePlan | None) -> float:
    before = (last.population if last else None) or 0
    return sampling.live_share(kept["size"], kept["live_share"], before)
