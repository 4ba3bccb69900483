"""What a letter says: which case, which queue, which alarm, and where to read more; never what is in a case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hitl.accounts.models import User
from hitl.notices.models import Kind
from reviewqueue import rules
from reviewqueue.engine import hidden
from reviewqueue.models import Alarm, Case, Measure, ServiceAlert, Target
from reviewqueue.queries import accuracy, gap_names, gap_report, real
from reviewqueue.queries import alarms as seen
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitl.notices.models import Notice

MOST_LINES: Final = 40
_OVER: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, and the address behind it."""

    kind: str
    says: str
    path: str


def letter(user: User, notices: Iterable[Notice]) -> tuple[str, str]:
    """Subject and text of what this person may see now, in the language in force; empty when nothing is left."""
    lines = [line for notice in notices if (line := _line(user, notice))]
    if not lines:
        return "", ""
    return _subject(lines), _text(user, lines)


def plain(text: str) -> str:
    """On one line and without what cannot be seen: names come from people and agents."""
    return " ".join("".join(" " if hidden.is_hidden(char) else char for char in text).split())


def _subject(lines: list[Line]) -> str:
    counts = Counter(line.kind for line in lines)
    told = [_COUNTED[kind](counts[kind]) for kind in Kind.values if counts[kind]]
    return plain(f"[hitl] {', '.join(told)}")


def _text(user: User, lines: list[Line]) -> str:
    shown = [f"- {plain(line.says)}\n  {settings.PUBLIC_URL}{line.path}" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES
        shown.append(ngettext("- and %d more", "- and %d more", left) % left)
    wishes = f"{settings.PUBLIC_URL}{reverse('notices')}"
    head = _("Good day %s,") % plain(user.display)
    foot = _("What you are told by e-mail, and how often, is yours to choose: %s") % wishes
    return "\n\n".join([head, *shown, foot]) + "\n"


def _line(user: User, notice: Notice) -> Line | None:
    about = notice.about
    if notice.kind == Kind.ALARM:
        return _alarm(user, about)
    if notice.kind == Kind.WEEKLY:
        return _week(user, about)
    case = Case.objects.select_related("queue").filter(pk=str(about.get("case"))).first()
    if case is None or not rules.may_see(user, case):
        return None
    return Line(notice.kind, _of_case(notice.kind, case, about), reverse("case", args=[case.pk]))


def _of_case(kind: str, case: Case, about: dict[str, Any]) -> str:
    named = {"case": case.pk[-8:].upper(), "queue": str(case.queue)}
    if kind == Kind.ASSIGNMENT:
        return _("Case %(case)s in the queue %(queue)s is kept for you first.") % named
    if kind == Kind.MENTION:
        person = User.objects.filter(pk=int(about.get("by") or 0)).first()
        return _("%(name)s names you at case %(case)s in the queue %(queue)s.") % (
            named | {"name": person.display if person else "–"}
        )
    if about.get("of") == "wait":
        return _("The customer of case %(case)s in the queue %(queue)s waits for a person to join them.") % named
    of = dict(Target.choices).get(about.get("of", ""), "")
    return _("Case %(case)s in the queue %(queue)s is escalated to you: %(share)s %% of the %(of)s has passed.") % (
        named | {"share": about.get("share", _OVER), "of": of}
    )


def _alarm(user: User, about: dict[str, Any]) -> Line | None:
    alarm = Alarm.objects.select_related("rule").filter(pk=str(about.get("alarm"))).first()
    if alarm is None or not (user.may(Permission.SUPERVISE) or user.may(Permission.PAUSE)):
        return None
    if alarm.rule.measure == Measure.BUDGET:
        alarm.of = alarm.of.partition(" ")[0]  # the rest of a counter's name may be a customer's number
        if "paused" in alarm.data:
            alarm.data |= {"says": alarm.of}  # and so may what was too much
    return Line(Kind.ALARM, seen.sentence(alarm), reverse("alarm", args=[alarm.pk]))


def _week(user: User, about: dict[str, Any]) -> Line | None:
    mends = user.may(Permission.MEND_GAPS)
    if not (mends or user.may(Permission.SUPERVISE) or user.may(Permission.CONFIGURE)):
        return None
    until = datetime.fromisoformat(about["until"])
    since = until - timedelta(days=7)
    told = [*_numbers(since, until), *(_gaps(since, until) if mends else [])]
    return Line(Kind.WEEKLY, " ".join(told), reverse("gaps_report" if mends else "insight"))


def _gaps(since: datetime, until: datetime) -> list[str]:
    week = gap_report.of(since, until)
    return [
        ngettext("%d new knowledge gap.", "%d new knowledge gaps.", len(week.found)) % len(week.found),
        ngettext("%d change helped.", "%d changes helped.", len(week.verified)) % len(week.verified),
        *_worst(),
    ]


def _worst() -> list[str]:
    found = gap_names.worst()
    return [_("The worst: %s.") % "; ".join(found)] if found else []


def _numbers(since: datetime, until: datetime) -> list[str]:
    people = real.decisions().filter(decided_by__isnull=False, undone_at=None)
    decided = people.filter(decided_at__gte=since, decided_at__lt=until).aggregate(cases=Count("case", distinct=True))
    over = ServiceAlert.objects.filter(fired_at__gte=since, fired_at__lt=until, share__gte=_OVER).count()
    raised = Alarm.objects.filter(raised_at__gte=since, raised_at__lt=until)
    open_ones = raised.filter(acknowledged_at=None).count()
    first = accuracy.of_first_queues(since=since, until=until)
    right, known = sum(each.right for each in first), sum(each.decided for each in first)
    days = {"since": date_format(since, "j F"), "until": date_format(until - timedelta(days=1), "j F")}
    return [
        _("The week from %(since)s to %(until)s.") % days,
        ngettext("People decided %d case.", "People decided %d cases.", decided["cases"]) % decided["cases"],
        ngettext("%d deadline was missed.", "%d deadlines were missed.", over) % over,
        ngettext("%d alarm,", "%d alarms,", raised.count()) % raised.count(),
        ngettext("%d not acknowledged.", "%d not acknowledged.", open_ones) % open_ones,
        _("The first queue was right for %(right)s of %(known)s cases.") % {"right": right, "known": known},
    ]


_COUNTED: Final[dict[str, Any]] = {
    Kind.ALARM: lambda n: ngettext("%d alarm", "%d alarms", n) % n,
    Kind.ESCALATION: lambda n: ngettext("%d escalation", "%d escalations", n) % n,
    Kind.ASSIGNMENT: lambda n: ngettext("%d case for you", "%d cases for you", n) % n,
    Kind.MENTION: lambda n: ngettext("%d mention", "%d mentions", n) % n,
    Kind.WEEKLY: lambda _n: _("your week"),
}
