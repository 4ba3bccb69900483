"""Which cases a person sees, in which order, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reviewqueue.models import OPEN, Agent, Canary, Case, Decision, Snooze, State
from reviewqueue.queries import cursors, queues, search, walking
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission, Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from decimal import Decimal

__all__ = ["OPEN", "ORDERS", "PAGE", "Page", "Wanted", "among", "find", "in_languages", "page", "visible"]

PAGE = 50
# What each order sorts by; a cursor continues after the last row's values.
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "due": ("rank_at", "id"),
    "breach": ("due_at", "id"),
    "newest": ("-id",),
    "oldest": ("id",),
}
# What no list shows; the facts of a case are as long as its proposal.
_UNSEEN: Final = ("facts", "search_terms", "first_ruling")


@dataclass(frozen=True)
class Wanted:
    """Which of the cases that a person may see they want to look at; what is empty narrows nothing.

    ``holder``: only what that person holds; ``awake_for``: not what they put aside; ``snoozed_by``: only that.
    ``least``: worth at least so much in the policy's currency, or unknown.
    """

    queues: Collection[str] = ()
    states: Collection[str] = OPEN
    search: str = ""
    holder: int | None = None
    awake_for: int | None = None
    snoozed_by: int | None = None
    priority: int | None = None
    risk: str = ""
    agent: str = ""
    intent: str = ""
    language: str = ""
    least: Decimal | None = None

    def narrow(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """All but the queues, which also decide how the question is asked."""
        equal = {
            "claimed_by_id": self.holder,
            "priority": self.priority,
            "risk": self.risk or None,
            "agent_id": self._agent(),
            "intent": self.intent or None,
        }
        cases = self._in_states(cases).filter(**{name: value for name, value in equal.items() if value is not None})
        if self.language:
            cases = cases.filter(in_languages([self.language]) & ~Q(language=""))
        if self.least is not None:
            cases = cases.filter(Q(worth__gte=self.least) | Q(worth=None, value__isnull=False))
        cases = self._aside(cases)
        return cases.filter(pk__in=self.found) if self.search else cases

    @cached_property
    def found(self) -> list[str]:
        """What the search found, whoever may see it; it is searched for once."""
        return search.matching(self.search)

    @property
    def crowded(self) -> bool:
        """Do the words stand in so many cases that only the newest of them were looked at?"""
        return bool(self.search) and len(self.found) == search.NEWEST

    def _agent(self) -> int | None:
        """By its key, which the indexes hold; one that there is not has no case."""
        if not self.agent:
            return None
        return Agent.objects.filter(name=self.agent).values_list("pk", flat=True).first() or 0

    def _aside(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """By the database's own clock, so that a case is back in time also when no alarm clock rings."""
        asleep = Snooze.objects.filter(until_at__gt=Now())
        if self.awake_for is not None:
            cases = cases.exclude(pk__in=asleep.filter(user_id=self.awake_for).values("case_id"))
        if self.snoozed_by is not None:
            cases = cases.filter(pk__in=asleep.filter(user_id=self.snoozed_by).values("case_id"))
        return cases

    def _in_states(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """A rank is what open cases have and no other, so asking for it lets the indexes of either be used."""
        states = set(self.states)
        if states <= set(OPEN) or states.isdisjoint(OPEN):
            cases = cases.filter(rank_at__isnull=states.isdisjoint(OPEN))
        return cases if states == set(OPEN) else cases.filter(state__in=states)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 50 cases and the cursor of the next page, empty on the last one.

    ``unfinished``: so many cases were looked through, and there are more behind the cursor that may be wanted.
    ``crowded``: of all that the search found, only the newest were looked at.
    """

    cases: list[Case]
    cursor: str
    unfinished: int = 0
    crowded: bool = False


def visible(person: Person) -> QuerySet[Case]:
    """The cases that exist for this person."""
    names = queue_names(person)
    cases = Case.objects.filter(not_others_lessons(person)).select_related("queue", "claimed_by", "agent")
    return cases if names is None else cases.filter(Q(queue_id__in=names) | Q(offered_to_id=person.pk))


def find(person: Person, case_id: str) -> Case:
    """One case, or the same refusal for one that is hidden and one that is not there."""
    case = visible(person).select_related("conversation").filter(pk=case_id).first()
    if case is None:
        raise Refusal("not-found", _("There is no such case."))
    return case


def page(person: Person, wanted: Wanted, *, order: str = "breach", cursor: str = "", within: int = 0) -> Page:
    """One page of what this person may see and wants.

    ``within``: look through about so many cases and no more; 0: until the page is full. Unknown orders, states and
    cursors are refused (``invalid-request``).
    """
    if order not in ORDERS:
        raise _unfit("order", _("Order by one of: %s.") % ", ".join(ORDERS))
    if unknown := set(wanted.states) - set(State.values):
        raise _unfit("state", _("There is no state %s.") % ", ".join(sorted(unknown)))
    columns = ORDERS[order]
    behind = cursors.after(columns, cursor) if cursor else Q()
    end = walking.end(_ground(person, wanted), columns, behind, within=within) if within else ""
    until = cursors.upto(columns, end) if end else Q()
    newest = order == "newest" and _is_over(wanted)
    # What a search found is short, and would be searched for anew in each queue.
    apart = not wanted.search and (newest or order == "due")
    parts = _parts(person, wanted, apart=apart, every=newest or bool(within))
    cases = _listed(walking.first(parts, columns, behind & until, limit=PAGE + 1))
    if len(cases) > PAGE:
        return Page(cases[:PAGE], cursors.write(columns, cases[PAGE - 1]), crowded=wanted.crowded)
    return Page(cases, end, unfinished=within if end else 0, crowded=wanted.crowded)


def among(
    person: Person, wanted: Wanted, ids: Collection[str], *, order: str, cursor: str = "", until: str = ""
) -> list[str]:
    """Those of the named cases that belong on the page between two cursors, the first exclusive."""
    if not ids:
        return []
    (cases,) = _parts(person, wanted, apart=False)
    columns = ORDERS[order]
    behind = cursors.after(columns, cursor) if cursor else Q()
    before = cursors.upto(columns, until) if until else Q()
    return list(cases.filter(behind, before, pk__in=ids).values_list("pk", flat=True))


def in_languages(languages: Iterable[str]) -> Q:
    """Cases in one of these languages, whatever the country (``en`` fits ``en-GB``), and those in none."""
    fits = Q(language="")
    for language in languages:
        fits |= Q(language__iexact=language)
        fits |= Q(language__istartswith=f"{language}-") | Q(language__istartswith=f"{language}_")
    return fits


def not_others_lessons(person: Person) -> Q:
    """All but the control cases that are over: those are for who decided them, who coaches, and who audits."""
    if person.may(Permission.COACH) or person.may(Permission.EXPORT_AUDIT):
        return Q()
    over = Canary.objects.filter(pk=OuterRef("pk"), settled_at__isnull=False, catches__isnull=False)
    return Q(~Exists(over)) | Q(Exists(over.filter(catches__user=person.pk)))


def not_a_source(person: Person) -> Q:
    """All but what a control case under way was made from: its words would lead whoever searches for them to it.

    Whoever ruled about the source gets no such control case, and finds it as ever; so do coaches and auditors. By its
    address the case opens for everybody who may see it.
    """
    if person.may(Permission.COACH) or person.may(Permission.EXPORT_AUDIT):
        return Q()
    sources = Canary.objects.filter(settled_at=None).values("specimen__source")
    mine = Decision.objects.filter(case=OuterRef("pk"), decided_by=person.pk)
    return ~Q(pk__in=sources) | Q(Exists(mine))


def _parts(person: Person, wanted: Wanted, *, apart: bool, every: bool = False) -> list[QuerySet[Case]]:
    """What the person may see, ``apart`` queue by queue: each part then walks the index of its queue.

    ``every``: also when it is every queue of the desk.
    """
    cases, names = wanted.narrow(Case.objects.all()), queue_names(person)
    if not set(wanted.states) <= set(OPEN):
        cases = cases.filter(not_others_lessons(person), not_a_source(person))
    asked = frozenset(wanted.queues)
    offered = cases.filter(queue_id__in=asked) if asked else cases
    if names is None:
        if apart and (asked or every):
            return [cases.filter(queue_id=name) for name in sorted(asked or queues.every())]
        return [offered]
    own = names & asked if asked else names
    if not apart:
        return [offered.filter(Q(queue_id__in=own) | Q(offered_to_id=person.pk))]
    parts = [cases.filter(queue_id=name) for name in sorted(own)]
    return [*parts, offered.filter(offered_to_id=person.pk).exclude(queue_id__in=own)]


def _ground(person: Person, wanted: Wanted) -> list[QuerySet[Case]]:
    """Queue by queue, all cases among which those wanted are, as they lie in an index."""
    cases, names = Case.objects.filter(rank_at__isnull=_is_over(wanted)), queue_names(person)
    asked = frozenset(wanted.queues) or (queues.every() if names is None else names)
    return [cases.filter(queue_id=name) for name in sorted(asked if names is None else names & asked)]


def _is_over(wanted: Wanted) -> bool:
    """Are only cases wanted that nobody has to do anything about?"""
    return set(wanted.states).isdisjoint(OPEN)


def _listed(ids: Iterable[str]) -> list[Case]:
    wanted = list(ids)
    found = Case.objects.select_related("queue", "claimed_by", "agent").defer(*_UNSEEN).in_bulk(wanted)
    return [found[key] for key in wanted if key in found]


def _unfit(parameter: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": f"?{parameter}", "detail": says},))
